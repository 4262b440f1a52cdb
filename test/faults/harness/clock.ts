// Preloaded into a process whose clock is to jump: FAULTS_CLOCK is a list of "after seconds:by minutes".
const jumps = (process.env.FAULTS_CLOCK ?? '').split(',').map((jump) => {
  const [after = 0, by = 0] = jump.split(':').map(Number);
  return { after, by };
});
const RealDate = Date;

/** Milliseconds that the clock is off by now. */
function shift(): number {
  const seconds = performance.now() / 1_000;
  return (jumps.findLast(({ after }) => seconds >= after)?.by ?? 0) * 60_000;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + shift()] : args, newTarget) as Date,
  get: (target, name, receiver) => (name === 'now' ? () => RealDate.now() + shift() : (Reflect.get(target, name, receiver) as unknown)),
});
