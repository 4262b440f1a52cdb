// Airflow's trigger rules, written down as Airflow decides them, against their mapping, for every combination of ends of three upstream tasks.
import { expect, test } from 'vitest';
import type { Phase } from '../../../src/workflows/dag/dag.state.ts';
import { AIRFLOW } from './airflow.ts';
import { Run, type Node } from './run.ts';

const STATES = ['success', 'failed', 'upstream_failed', 'skipped', 'running'] as const;
type State = (typeof STATES)[number];
type Decision = 'run' | 'wait' | 'skipped' | 'upstream_failed';

type Count = Readonly<Record<State, number>>;
type Rule = (count: Count) => Decision;

const failures = (n: Count): number => n.failed + n.upstream_failed;
const total = (n: Count): number => n.success + failures(n) + n.skipped + n.running;
const done =
  (then: Rule): Rule =>
  (n) =>
    n.running > 0 ? 'wait' : then(n);

/** What Airflow makes of a task whose upstream tasks are in these states. Only what is final is compared: it skips some tasks earlier. */
const RULES: Readonly<Record<string, Rule>> = {
  all_success: done((n) => (n.success === total(n) ? 'run' : failures(n) > 0 ? 'upstream_failed' : 'skipped')),
  all_failed: done((n) => (failures(n) === total(n) ? 'run' : 'skipped')),
  all_done: done(() => 'run'),
  all_skipped: done((n) => (n.skipped === total(n) ? 'run' : 'skipped')),
  one_success: (n) => (n.success > 0 ? 'run' : done(() => (n.skipped === total(n) ? 'skipped' : 'upstream_failed'))(n)),
  one_failed: (n) => (failures(n) > 0 ? 'run' : done(() => 'skipped')(n)),
  one_done: (n) => (n.success + n.failed > 0 ? 'run' : done(() => 'skipped')(n)),
  none_failed: done((n) => (failures(n) > 0 ? 'upstream_failed' : 'run')),
  none_skipped: done((n) => (n.skipped > 0 ? 'skipped' : 'run')),
  none_failed_min_one_success: done((n) => (failures(n) > 0 ? 'upstream_failed' : n.success > 0 ? 'run' : 'skipped')),
  all_done_min_one_success: done((n) => (n.success > 0 ? 'run' : 'skipped')),
  always: () => 'run',
};

const DECISIONS: Partial<Record<Phase, Decision>> = { live: 'run', bypassed: 'skipped', skipped: 'skipped', blocked: 'upstream_failed' };

/** An upstream task that comes into a state, beside a node whose failure it may need. */
const UPSTREAM: Record<State, Node> = { success: {}, failed: {}, upstream_failed: { needs: ['broken'] }, skipped: { when: 'false' }, running: {} };

function decide(rule: string, states: readonly State[]): Decision {
  const { need, any, oneSuccess } = AIRFLOW[rule]!;
  const upstream = states.map((_, i) => `u${i}`);
  const run = new Run({
    broken: {},
    ...Object.fromEntries(states.map((state, i) => [`u${i}`, UPSTREAM[state]])),
    x: {
      ...(need !== undefined && { needs: Object.fromEntries(upstream.map((name) => [name, need])) }),
      ...(any && { join: 'any' }),
      ...(oneSuccess && { when: 'one succeeded' }),
    },
  });
  run.end('broken', 'FAILED');
  states.forEach((state, i) => {
    if (state === 'success') run.end(`u${i}`);
    if (state === 'failed') run.end(`u${i}`, 'FAILED');
    if (state === 'skipped') run.answer(`u${i}`, false);
  });
  if (run.phase('x') === 'asked')
    run.answer(
      'x',
      upstream.some((name) => run.phase(name) === 'succeeded'),
    );
  return DECISIONS[run.phase('x')] ?? 'wait';
}

const all = STATES.flatMap((a) => STATES.flatMap((b) => STATES.map((c): readonly State[] => [a, b, c])));
const count = (states: readonly State[]): Count =>
  Object.fromEntries(STATES.map((state) => [state, states.filter((other) => other === state).length])) as unknown as Count;

test.each(Object.keys(AIRFLOW))('%s', (rule) => {
  const wrong = all.flatMap((states) => {
    const [there, here] = [RULES[rule]!(count(states)), decide(rule, states)];
    // Both may decide before the last end where it is certain already.
    const early = there === 'wait' && here === 'upstream_failed' && states.some((state) => state.endsWith('failed'));
    // The page says so: what could not run because of a failure counts as a failure also for one_done.
    const counted = rule === 'one_done' && here === 'run' && states.includes('upstream_failed');
    return there === here || early || counted ? [] : [{ states, there, here }];
  });
  expect(wrong).toEqual([]);
});
