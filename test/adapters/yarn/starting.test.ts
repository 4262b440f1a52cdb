// A ResourceManager that has just been started answers before it has read what it had saved. Then "there is none" is no answer, and an application
// that it is given now and has saved ends it.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Bench, processContext } from './fixture.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterEach(() => {
  bench.stub.haState = 'ACTIVE';
});
afterAll(async () => bench.close());

const UNREACHABLE = { code: 'CLUSTER_UNREACHABLE', retryable: true };

it('is not believed that a job is gone, that nothing is left of it, or that there is nothing', async () => {
  const { attempt, handle, id } = await bench.running();
  bench.stub.forget(id);
  bench.stub.haState = 'INITIALIZING';
  const { adapter } = bench;
  await expect(bench.observe(attempt, handle)).rejects.toMatchObject({ ...UNREACHABLE, message: expect.stringContaining('INITIALIZING') });
  await expect(adapter.find(attempt)).rejects.toMatchObject(UNREACHABLE);
  await expect(adapter.stop(attempt, handle, { force: true, graceMs: 0 })).rejects.toMatchObject(UNREACHABLE);
  await expect(adapter.clean(attempt, handle)).rejects.toMatchObject(UNREACHABLE);
  await expect(adapter.list(bench.mark)).rejects.toMatchObject(UNREACHABLE);
  bench.stub.haState = 'ACTIVE';
  expect(await adapter.find(attempt)).toBeUndefined();
});

it('is given nothing to run', async () => {
  const attempt = await bench.attempt();
  const context = processContext();
  const staged = await bench.adapter.stage!(attempt, context);
  // From the look-up to the submission it was started anew.
  const gate = async (): Promise<void> => void (bench.stub.haState = 'INITIALIZING');
  await expect(bench.adapter.start(attempt, { ...context, staged, gate })).rejects.toMatchObject(UNREACHABLE);
  expect(bench.stub.apps.has(attempt.ref.id!)).toBe(false);
});

it('is not believed either when it was started anew while it was asked', async () => {
  const { attempt, handle, id } = await bench.running();
  bench.stub.forget(id);
  Object.defineProperty(bench.stub, 'startedOn', { configurable: true, get: () => performance.now() });
  await expect(bench.observe(attempt, handle)).rejects.toMatchObject(UNREACHABLE);
  Object.defineProperty(bench.stub, 'startedOn', { configurable: true, writable: true, value: 1 });
  expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'not-found' });
});
