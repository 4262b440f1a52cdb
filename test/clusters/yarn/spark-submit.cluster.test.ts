// Spark by spark-submit through the adapter on a real cluster: one application, whoever dies, and none after a kill.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startYarn, type YarnCluster } from './cluster.ts';
import { appsByTag } from './rest.ts';
import { SMALL, SparkJobs } from './spark-jobs.ts';

const FOREVER = { ...SMALL, runType: 'py', text: 'import time\ntime.sleep(600)' };
const FORCED = { force: true, graceMs: 0 };

let yarn: YarnCluster;
let jobs: SparkJobs;
beforeAll(async () => {
  yarn = await startYarn({ spark: true });
  jobs = new SparkJobs(yarn);
});
afterAll(async () => {
  await jobs?.close();
  await yarn?.stop();
});

/** Running a stop until it is proven, as the workflow does. */
async function stopped(attempt: Parameters<SparkJobs['start']>[0]['attempt'], by = jobs.adapter()): Promise<string> {
  const adapter = await by;
  let phase = '';
  const tried = async () => (phase = (await adapter.stop(attempt, undefined, FORCED)).phase);
  await expect.poll(() => tried().catch((error: unknown) => String(error)), { timeout: 240_000, interval: 500 }).toMatch(/^(?:ended|not-found)$/);
  return phase;
}

test('two tries at once, of a worker that was started again meanwhile, make one application', async () => {
  const prepared = await jobs.prepare(FOREVER, {}, 'spark-submit');
  const tries = await Promise.all([jobs.start(prepared), jobs.start(prepared, {}, await jobs.another())]);
  expect(tries[0].handle).toEqual(tries[1].handle);
  expect(await appsByTag(yarn.rm, prepared.attempt.ref.key)).toHaveLength(1);
  expect(await (await jobs.another('w2')).find(prepared.attempt)).toEqual(tries[0].handle);
  expect(await stopped(prepared.attempt)).toBe('ended');
  expect((await appsByTag(yarn.rm, prepared.attempt.ref.key)).map(({ state }) => state)).toEqual(['KILLED']);
});

test.each([
  ['the worker that submits', 'w1'],
  ['another worker', 'w2'],
])('a kill by %s while spark-submit is at work leaves nothing behind, now and later', async (_who, workerId) => {
  const prepared = await jobs.prepare(FOREVER, {}, 'spark-submit');
  const cancelled = new AbortController();
  const gone = jobs.start(prepared, { signal: cancelled.signal, gate: async () => void setTimeout(() => cancelled.abort(), 1_500) });
  await expect(gone).rejects.toThrow();
  await stopped(prepared.attempt, jobs.another(workerId));
  const living = async () => (await appsByTag(yarn.rm, prepared.attempt.ref.key)).filter(({ state }) => state !== 'KILLED' && state !== 'FAILED');
  expect(await living()).toEqual([]);
  await expect(jobs.start(prepared)).rejects.toMatchObject({ code: expect.stringMatching(/^START_/) as string });
  expect(await living()).toEqual([]);
});

test('secrets are refused, with the way that can take them', async () => {
  const prepared = await jobs.prepare(FOREVER, { secrets: { PASSWORD: 'warehouse' } }, 'spark-submit');
  const start = jobs.start(prepared, { secrets: new Map([['PASSWORD', 'correct-horse']]) });
  await expect(start).rejects.toMatchObject({
    code: 'START_REFUSED',
    message: expect.stringContaining('engines.spark.submit of the cluster to rest') as string,
  });
  expect(await appsByTag(yarn.rm, prepared.attempt.ref.key)).toEqual([]);
});
