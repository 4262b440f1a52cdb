// Ten thousand jobs cost one request a tick: what is asked is counted.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../../../src/adapters/contract.ts';
import type { Handle } from '../../../src/specs/execution.ts';
import { Bench, newKey } from './fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.start();
});
afterEach(async () => bench.close());

type Job = { readonly attempt: Attempt; readonly handle: Handle };

/** Applications that run already, and the attempts that they are of. */
async function seeded(count: number): Promise<Job[]> {
  const model = await bench.attempt();
  const keys = Array.from({ length: count }, newKey);
  const apps = bench.stub.seed(count, [`longshore-${bench.mark}`], (index) => keys[index]!);
  return apps.map(({ id, user }, index) => ({ attempt: { ...model, ref: { ...model.ref, key: keys[index]!, id } }, handle: { id, user } }));
}

describe('one look at many jobs', () => {
  it('is one request while all of them run', async () => {
    const jobs = await seeded(100);
    bench.stub.forgetRequests();
    const seen = await bench.adapter.describe(jobs);
    expect(bench.stub.asked()).toHaveLength(1);
    expect(bench.stub.asked()[0]).toMatch(/^GET \/ws\/v1\/cluster\/apps\?applicationTags=longshore-mark-\w+&deSelects=[\w%]+&states=/);
    expect(seen.map(({ phase }) => phase)).toEqual(jobs.map(() => 'running'));
    expect(seen.map(({ detail }) => detail?.['application'])).toEqual(jobs.map(({ handle }) => handle.id));
  });

  it('is one more for each that has ended, and three more for one that is gone', async () => {
    const jobs = await seeded(50);
    bench.stub.end(jobs[7]!.handle.id);
    bench.stub.end(jobs[8]!.handle.id, 'FAILED', 'FAILED', 'no');
    bench.stub.end(jobs[9]!.handle.id);
    bench.stub.forget(jobs[9]!.handle.id);
    bench.stub.forgetRequests();
    const seen = await bench.adapter.describe(jobs);
    expect(bench.stub.asked()).toHaveLength(7);
    expect(bench.stub.timeline.requests).toHaveLength(1);
    expect(seen.slice(6, 11).map(({ final, phase }) => final ?? phase)).toEqual(['running', 'succeeded', 'failed', 'succeeded', 'running']);
  });

  it.each([[{ apps: {} }], [{ apps: null }], [{ apps: { app: [] } }], [{ apps: { app: null } }]])('takes %j for an empty list', async (empty) => {
    bench.stub.emptyList = empty;
    const jobs = await seeded(2);
    for (const { handle } of jobs) bench.stub.end(handle.id);
    expect((await bench.adapter.describe(jobs)).map(({ final }) => final)).toEqual(['succeeded', 'succeeded']);
    expect(await bench.adapter.list(bench.mark)).toEqual([]);
    expect(await bench.adapter.find(await bench.attempt())).toBeUndefined();
  });

  it('takes one that is no list for a list of one', async () => {
    const jobs = await seeded(2);
    bench.stub.end(jobs[1]!.handle.id);
    bench.stub.rm.fault = ({ path }) =>
      path.endsWith('/apps')
        ? { status: 200, body: JSON.stringify({ apps: { app: { id: jobs[0]!.handle.id, state: 'ACCEPTED', finalStatus: 'UNDEFINED' } } }) }
        : undefined;
    expect((await bench.adapter.describe(jobs)).map(({ phase }) => phase)).toEqual(['pending', 'ended']);
  });

  it('does without what a release does not know how to leave out', async () => {
    bench.stub.deSelects = ['resourceRequests'];
    const jobs = await seeded(3);
    for (const requests of [2, 1]) {
      bench.stub.forgetRequests();
      expect((await bench.adapter.describe(jobs)).map(({ phase }) => phase)).toEqual(['running', 'running', 'running']);
      expect(bench.stub.asked()).toHaveLength(requests);
    }
  });

  it('gives up on the rest when nobody answers any more', async () => {
    const jobs = await seeded(200);
    for (const { handle } of jobs.slice(1)) bench.stub.end(handle.id);
    bench.stub.rm.fault = ({ path }) => (path.endsWith('/apps') ? undefined : 'drop');
    bench.stub.forgetRequests();
    const seen: readonly unknown[] = await bench.adapter.describe(jobs);
    expect(seen.filter((one) => one !== undefined)).toHaveLength(1);
    expect(bench.stub.asked().length).toBeLessThan(20);
  });
});

it('sees ten thousand', async () => {
  const jobs = await seeded(10_000);
  bench.stub.forgetRequests();
  bench.stub.rm.sent = 0;
  const seen = await bench.adapter.describe(jobs);
  expect(seen.every(({ phase }) => phase === 'running')).toBe(true);
  expect(bench.stub.asked()).toHaveLength(1);
  // As much as a ResourceManager sends when it is not told what nobody reads, it would be 35 MB.
  expect(bench.stub.rm.sent / jobs.length).toBeLessThan(1_500);
  expect(await bench.adapter.list(bench.mark)).toHaveLength(10_000);
});

describe('the logs of running jobs', () => {
  it('are copied without a further question to the ResourceManager', async () => {
    const jobs = await seeded(3);
    for (const { handle } of jobs) bench.stub.log(handle.id, 'so far\n');
    await bench.adapter.describe(jobs);
    bench.stub.forgetRequests();
    for (const { attempt, handle } of jobs) {
      const { bytes, end } = await bench.adapter.readLog(attempt, handle, 'stdout', 0, 100);
      expect([Buffer.from(bytes).toString(), end]).toEqual(['so far\n', false]);
    }
    expect(bench.stub.asked('/ws/v1/cluster')).toEqual([]);
  });

  it('are read to their end once it is seen, though a moment ago they ran', async () => {
    const [job] = (await seeded(1)) as [Job];
    await bench.adapter.describe([job]);
    bench.stub.log(job.handle.id, 'the last line\n');
    bench.stub.end(job.handle.id);
    bench.stub.aggregate(job.handle.id);
    expect(await bench.observe(job.attempt, job.handle)).toMatchObject({ phase: 'ended' });
    const { bytes, end } = await bench.adapter.readLog(job.attempt, job.handle, 'stdout', 0, 100);
    expect([Buffer.from(bytes).toString(), end]).toEqual(['the last line\n', true]);
  });
});
