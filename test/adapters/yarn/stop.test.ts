// A stop with proof: what carries both tags ends, nothing else is touched, and a refusal is told.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Bench } from './fixture.ts';
import { jsonReply } from './stub/server.ts';

const HOW = { force: true, graceMs: 0 };

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const server of bench.stub.servers) server.fault = undefined;
  bench.stub.killEnds = true;
  bench.stub.mayKill = () => true;
});
afterAll(async () => bench.close());

it('kills as the user of the job, looks until it has ended, and keeps a receipt', async () => {
  const { attempt, handle, id } = await bench.running({ user: 'alice' });
  bench.stub.forgetRequests();
  const proof = await bench.adapter.stop(attempt, handle, HOW);
  expect(proof).toMatchObject({ phase: 'ended', final: 'killed', code: 'KILLED', message: `Application ${id} was killed by user alice` });
  expect(proof.detail?.['stopped']).toEqual([{ application: id, askedAt: expect.any(String), endedAt: expect.any(String) }]);
  expect(bench.stub.asked('PUT')).toEqual([`PUT /ws/v1/cluster/apps/${id}/state?user.name=alice`]);
  bench.stub.forgetRequests();
  expect(await bench.adapter.stop(attempt, undefined, HOW), 'twice is once').toMatchObject({ phase: 'ended', final: 'killed' });
  expect(bench.stub.asked('PUT')).toEqual([]);
});

it('keeps the result of what had ended before', async () => {
  const { attempt, handle, id } = await bench.running();
  bench.stub.end(id);
  expect(await bench.adapter.stop(attempt, handle, HOW)).toMatchObject({ phase: 'ended', final: 'succeeded' });
  expect(bench.stub.asked(`PUT /ws/v1/cluster/apps/${id}`)).toEqual([]);
});

describe('what carries only one of the two tags', () => {
  it('is never found, and never killed, whatever points to it', async () => {
    const { attempt, handle, id } = await bench.running();
    const { key } = attempt.ref;
    const strangers = [[key], [key, 'longshore-other'], [`longshore-${bench.mark}`], [`${key}x`, `longshore-${bench.mark}`], []].map((tag) => {
      const app = bench.stub.submit(bench.stub.newId(), 'mallory', { 'application-tags': { tag } });
      bench.stub.run(app.id);
      return app;
    });
    expect(await bench.adapter.find(attempt)).toEqual(handle);
    await bench.adapter.stop(attempt, handle, HOW);
    await bench.adapter.stopKey(key, bench.mark);
    for (const app of strangers) await bench.adapter.stop(attempt, { id: app.id, user: 'mallory' }, HOW);
    expect(strangers.map(({ state }) => state)).toEqual(strangers.map(() => 'RUNNING'));
    expect(bench.stub.app(id).state).toBe('KILLED');
    const fresh = await bench.attempt();
    expect(await bench.adapter.stop(fresh, { id: strangers[0]!.id }, HOW)).toMatchObject({ phase: 'not-found' });
  });
});

it('ends twins, too, and tells of the oldest', async () => {
  const { attempt, handle, id } = await bench.running();
  const twin = bench.stub.submit(bench.stub.newId(), 'bob', bench.stub.app(id).context);
  bench.stub.run(twin.id);
  const proof = await bench.adapter.stop(attempt, handle, HOW);
  expect(proof.detail?.['application']).toBe(id);
  expect([bench.stub.app(id).state, twin.state]).toEqual(['KILLED', 'KILLED']);
  expect(bench.stub.asked(`${twin.id}/state`)).toEqual([`PUT /ws/v1/cluster/apps/${twin.id}/state?user.name=bob`]);
});

it('says that the cluster refuses: 403', async () => {
  const { attempt, handle, id } = await bench.running({ user: 'alice' });
  bench.stub.mayKill = (user) => user === 'admin';
  const refused = { code: 'START_REFUSED', retryable: false, message: expect.stringContaining('Unauthorized attempt to kill') };
  await expect(bench.adapter.stop(attempt, handle, HOW)).rejects.toMatchObject(refused);
  await expect(bench.adapter.stop(attempt, handle, HOW)).rejects.toMatchObject(refused);
  expect(bench.stub.app(id).state).toBe('RUNNING');
});

it('asks again, and says which does not end', async () => {
  const { attempt, handle, id } = await bench.running();
  bench.stub.killEnds = false;
  // Each look at the clock is four seconds later.
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 4_000));
  bench.stub.forgetRequests();
  await expect(bench.adapter.stop(attempt, handle, HOW)).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
    retryable: true,
    message: `${id} is still RUNNING a minute after its kill`,
  });
  expect(bench.stub.asked('PUT').length).toBeGreaterThan(3);
});

it('is satisfied when a kill whose answer was lost has ended it', async () => {
  const { attempt, handle, id } = await bench.running();
  bench.stub.rm.fault = ({ method }) => (method === 'PUT' ? 'lose' : undefined);
  expect(await bench.adapter.stop(attempt, handle, HOW)).toMatchObject({ phase: 'ended', final: 'killed' });
  expect(bench.stub.app(id).state).toBe('KILLED');
});

/** One that the ResourceManager forgets at the first look after its kill. */
const evicted = async () => {
  const job = await bench.running();
  bench.stub.rm.fault = ({ method, path }) => {
    if (method === 'GET' && path.endsWith(job.id)) bench.stub.apps.delete(job.id);
    return undefined;
  };
  return job;
};

describe('what is evicted in the middle of its kill', () => {
  it('is looked up in the history', async () => {
    const { attempt, handle } = await evicted();
    expect(await bench.adapter.stop(attempt, handle, HOW)).toMatchObject({ phase: 'ended', final: 'killed', detail: { stopped: [{}] } });
  });

  it('is said to be gone where there is none, never to run, and never to have ended in some way', async () => {
    const { attempt, handle } = await evicted();
    const alone = await bench.another({ timeline: undefined });
    const proof = await alone.stop(attempt, handle, HOW);
    expect(proof).toMatchObject({ phase: 'not-found', detail: { stopped: [{}] } });
    expect(proof.final).toBeUndefined();
  });
});

describe('the node of the application master', () => {
  it('is waited for until it has none of the containers', async () => {
    const { attempt, handle, id } = await bench.running();
    let looked = 0;
    bench.stub.node.fault = ({ path }) =>
      path.endsWith(id) && looked++ < 3 ? jsonReply({ app: { id, state: 'FINISHING_CONTAINERS_WAIT', containerids: ['container_1'] } }) : undefined;
    await bench.adapter.stop(attempt, handle, HOW);
    expect(looked).toBe(4);
  });

  it.each(['drop', { status: 500, body: 'no' }, { status: 200, body: '<html>' }, { status: 404 }] as const)(
    'is not, when it says %j',
    async (fault) => {
      const { attempt, handle } = await bench.running();
      bench.stub.node.fault = () => fault;
      expect(await bench.adapter.stop(attempt, handle, HOW)).toMatchObject({ phase: 'ended', final: 'killed' });
    },
  );

  it.each(['http://169.254.169.254', 'http://[fe80::1]', 'http://0xa9fea9fe', 'http://[::ffff:169.254.169.254]', 'http://[fd00:ec2::254]'])(
    'is not asked at %s',
    async (address) => {
      const { attempt, handle, id } = await bench.running();
      const container = bench.stub.app(id).attempts[0]!.containers[0]!.id;
      bench.stub.change(id, { override: { amContainerLogs: `${address}/node/containerlogs/${container}/alice` } });
      const begun = performance.now();
      expect(await bench.adapter.stop(attempt, handle, HOW)).toMatchObject({ phase: 'ended' });
      expect(performance.now() - begun).toBeLessThan(5_000);
      await expect(bench.adapter.readLog(attempt, handle, 'stdout', 0, 10)).rejects.toThrow('which is no address of a node');
    },
  );
});

describe('clean', () => {
  it('stops, removes the files, leaves the tombstone, and twice is once', async () => {
    const { attempt, handle, id } = await bench.running({ user: 'alice' });
    const files = join(bench.home('alice'), 'attempts', attempt.ref.key);
    expect(existsSync(files)).toBe(true);
    await bench.adapter.clean(attempt, handle);
    await (await bench.another()).clean(attempt, undefined);
    expect(bench.stub.app(id).state).toBe('KILLED');
    expect(existsSync(files)).toBe(false);
    expect(existsSync(join(bench.home('alice'), 'ended', attempt.ref.key))).toBe(true);
  });

  it('of what the ResourceManager no longer knows removes the files, too', async () => {
    const { attempt, handle, id } = await bench.running({ user: 'alice' });
    bench.stub.end(id);
    bench.stub.forget(id);
    await bench.adapter.clean(attempt, handle);
    expect(existsSync(join(bench.home('alice'), 'attempts', attempt.ref.key))).toBe(false);
  });
});

it('lists what carries the mark: keys, handles and phases, and nothing that has ended', async () => {
  const [one, two] = [await bench.running(), await bench.running()];
  bench.stub.change(two.id, { state: 'ACCEPTED' });
  const ended = await bench.running();
  bench.stub.end(ended.id);
  bench.stub.submit(bench.stub.newId(), 'x', { 'application-tags': { tag: [`longshore-${bench.mark}`, 'no-key'] } });
  const listed = await bench.adapter.list(bench.mark);
  expect(listed).toContainEqual({ key: one.attempt.ref.key, handle: one.handle, phase: 'running' });
  expect(listed).toContainEqual({ key: two.attempt.ref.key, handle: two.handle, phase: 'pending' });
  expect(listed.map(({ key }) => key)).not.toContain(ended.attempt.ref.key);
  expect(await bench.adapter.list('no-such-mark')).toEqual([]);
});
