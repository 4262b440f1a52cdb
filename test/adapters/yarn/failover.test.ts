// Several ResourceManagers, of which one is active, another, or none.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Bench } from './fixture.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ managers: 2 });
});
afterEach(() => {
  bench.stub.active = 0;
  bench.stub.activeAddress = undefined;
  for (const server of bench.stub.managers) server.fault = undefined;
});
afterAll(async () => bench.close());

const UNREACHABLE = { code: 'CLUSTER_UNREACHABLE', retryable: true };

it('finds the active one, and after a failover the other, and asks it first from then on', async () => {
  const { attempt, handle } = await bench.running();
  const [first, second] = bench.stub.managers;
  bench.stub.active = 1;
  expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'running' });
  bench.stub.forgetRequests();
  expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'running' });
  expect([first!.requests.length, second!.requests.length]).toEqual([0, 1]);
  bench.stub.active = 0;
  expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'running' });
});

it('submits, kills and takes ids in the middle of a failover', async () => {
  bench.stub.active = 1;
  const { attempt, handle, id } = await bench.running();
  bench.stub.active = 0;
  expect(await bench.adapter.stop(attempt, handle, { force: true, graceMs: 0 })).toMatchObject({ phase: 'ended', final: 'killed' });
  expect(bench.stub.app(id).state).toBe('KILLED');
});

it('says that nobody is active while nobody is, and goes on when one is', async () => {
  const { attempt, handle } = await bench.running();
  bench.stub.active = undefined;
  await expect(bench.observe(attempt, handle)).rejects.toMatchObject({ ...UNREACHABLE, message: expect.stringContaining('knows no active one') });
  bench.stub.active = 1;
  expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'running' });
});

it('goes on with the other when one is gone, hangs, or is not ready', async () => {
  const { attempt, handle } = await bench.running();
  const [first] = bench.stub.managers as [(typeof bench.stub.managers)[0]];
  bench.stub.active = 1;
  for (const fault of ['drop', { status: 503 }] as const) {
    first.fault = () => fault;
    const fresh = await bench.another();
    expect(await fresh.describe([{ attempt, handle }])).toMatchObject([{ phase: 'running' }]);
  }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    first.fault = () => 'hang';
    const fresh = await bench.another();
    const seen = fresh.describe([{ attempt, handle }]);
    await vi.waitFor(() => expect(first.requests.length).toBeGreaterThan(0));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await seen).toMatchObject([{ phase: 'running' }]);
  } finally {
    vi.useRealTimers();
  }
});

describe('with one address of two', () => {
  it('says which to add when it is the standby', async () => {
    const { attempt, handle } = await bench.running();
    const half = await bench.another({ resourceManagers: [bench.stub.managers[1]!.url] });
    const words = `${bench.stub.managers[0]!.url} is active: add that one to config.resourceManagers`;
    await expect(half.describe([{ attempt, handle }])).rejects.toMatchObject({ ...UNREACHABLE, message: expect.stringContaining(words) });
  });

  it('does not ask whom the standby names, whoever that is', async () => {
    const { attempt, handle } = await bench.running();
    const half = await bench.another({ resourceManagers: [bench.stub.managers[1]!.url] });
    bench.stub.forgetRequests();
    for (const address of [bench.stub.node.url, 'http://169.254.169.254', 'http://[::1]:1', 'gopher://x', '//']) {
      bench.stub.activeAddress = address;
      await expect(half.describe([{ attempt, handle }])).rejects.toMatchObject(UNREACHABLE);
    }
    expect(bench.stub.node.requests).toEqual([]);
    expect(bench.stub.managers[0]!.requests).toEqual([]);
  });
});

it('does not tell to add what is there: the one that it names may only be away', async () => {
  const { attempt, handle } = await bench.running();
  bench.stub.managers[0]!.fault = () => 'drop';
  const error: unknown = await bench.observe(attempt, handle).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject(UNREACHABLE);
  expect((error as Error).message).not.toContain('add that one');
});

it('asks each of many at most twice, also while others find the active one', async () => {
  const { attempt, handle } = await bench.running();
  bench.stub.active = 1;
  const seen = await Promise.all(Array.from({ length: 20 }, () => bench.observe(attempt, handle)));
  expect(seen.map(({ phase }) => phase)).toEqual(Array.from({ length: 20 }, () => 'running'));
});
