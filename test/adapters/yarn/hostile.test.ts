// What a cluster, or whoever answers in its place, may say instead of the truth: nothing of it is a success, an end, or a reason to give up a job.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench, processContext } from './fixture.ts';
import { exceptionReply, jsonReply, type Fault, type Reply } from './stub/server.ts';

const HTML = '<html><head><title>Sign in</title></head><body>{"app":{"state":"FINISHED","finalStatus":"SUCCEEDED"}}</body></html>';
const html = (status: number): Reply => ({ status, headers: { 'Content-Type': 'text/html' }, body: HTML });
const json = (value: unknown): Reply => jsonReply(value);
const success = { id: 'application_1795689478212_9999', state: 'FINISHED', finalStatus: 'SUCCEEDED' };

/** Answers to a GET. */
const NONSENSE: { readonly [what: string]: ReturnType<Fault> } = {
  'a page of a proxy': html(200),
  'a page of a proxy, with 404': html(404),
  'a page of a proxy, with 403': html(403),
  'a page of a proxy, with 502': html(502),
  'nothing at all': { status: 200 },
  'nothing at all, with 204': { status: 204 },
  'half an answer': (response) => {
    response.writeHead(200, { 'Content-Length': 1000 });
    response.write('{"app":{"id":');
    setTimeout(() => response.destroy(), 20);
  },
  'no more of it than a half, but as if it were whole': { status: 200, body: '{"app":{"id":"application_' },
  'another application': json({ app: success }),
  'the words of an error with 200': json({ RemoteException: { exception: 'NotFoundException', message: 'app not found' } }),
  'numbers for words': json({ app: { id: 1, state: 2, finalStatus: 3 }, apps: { app: 7 } }),
  'lists for objects': json([[[]]]),
  null: json(null),
  'an error with a page of a megabyte': { status: 500, body: 'x'.repeat(1024 * 1024) },
  'an error that passes': exceptionReply(500, 'IOException', 'Connection refused', 'java.io'),
  'a standby in words': exceptionReply(403, 'StandbyException', 'Operation category READ is not supported in state standby', 'org.apache.hadoop.ipc'),
  'a redirect to itself': { status: 302, headers: { Location: '/ws/v1/cluster/apps' } },
  'a redirect to where clouds keep credentials': { status: 307, headers: { Location: 'http://169.254.169.254/latest/meta-data/' } },
  'a redirect to a file': { status: 307, headers: { Location: 'file:///etc/passwd' } },
  'a closed connection': 'drop',
  'objects in objects, a hundred thousand deep': { status: 200, body: `{"app":${'{"app":'.repeat(100_000)}1${'}'.repeat(100_000)}}` },
};
const UNREACHABLE = { name: 'StepError', code: 'CLUSTER_UNREACHABLE', retryable: true };

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterEach(() => {
  for (const server of bench.stub.servers) server.fault = undefined;
});
afterAll(async () => bench.close());

describe.each(Object.entries(NONSENSE))('to every question the ResourceManager answers with %s', (_, nonsense) => {
  it('says nothing of a job that runs, nor of two', async () => {
    const [one, two] = [await bench.running(), await bench.running()];
    bench.stub.rm.fault = () => nonsense;
    await expect(bench.adapter.describe([one])).rejects.toMatchObject(UNREACHABLE);
    await expect(bench.adapter.describe([one, two])).rejects.toMatchObject(UNREACHABLE);
    await expect(bench.adapter.find(one.attempt)).rejects.toMatchObject(UNREACHABLE);
    await expect(bench.adapter.list(bench.mark)).rejects.toMatchObject(UNREACHABLE);
  });

  it('is no proof of a stop, and no reason to remove its files', async () => {
    const { attempt, handle, id } = await bench.running();
    bench.stub.rm.fault = ({ method }) => (method === 'GET' ? nonsense : undefined);
    await expect(bench.adapter.stop(attempt, handle, { force: true, graceMs: 0 })).rejects.toMatchObject(UNREACHABLE);
    await expect(bench.adapter.stopKey(attempt.ref.key, bench.mark)).rejects.toMatchObject(UNREACHABLE);
    await expect(bench.adapter.clean(attempt, handle)).rejects.toMatchObject(UNREACHABLE);
    bench.stub.rm.fault = undefined;
    expect(bench.stub.app(id).state).toBe('RUNNING');
    expect(await bench.adapter.stop(attempt, handle, { force: true, graceMs: 0 })).toMatchObject({ phase: 'ended', final: 'killed' });
  });

  it('starts nothing, and what comes later starts it once', async () => {
    const attempt = await bench.attempt();
    const staged = await bench.adapter.stage!(attempt, processContext());
    bench.stub.rm.fault = ({ method }) => (method === 'GET' ? nonsense : undefined);
    await expect(bench.adapter.start(attempt, { ...processContext(), staged })).rejects.toMatchObject(UNREACHABLE);
    bench.stub.rm.fault = undefined;
    expect(bench.stub.apps.has(attempt.ref.id!)).toBe(false);
    expect(await bench.adapter.start(attempt, { ...processContext(), staged })).toMatchObject({ id: attempt.ref.id });
  });
});

describe('a list with elements that cannot be read', () => {
  const poison = [null, 7, 'x', [], {}, { id: '../../etc/passwd', state: 'RUNNING' }, { id: success.id, state: 7 }];

  it('does not hide the others', async () => {
    const jobs = [await bench.running(), await bench.running(), await bench.running()] as const;
    bench.stub.change(jobs[1].id, { override: { state: { toString: 'x' } } });
    bench.stub.rm.fault = ({ path }) => {
      if (!path.endsWith('/apps')) return undefined;
      const apps = jobs.map(({ id }, at) => ({ id, state: at === 1 ? null : 'RUNNING', finalStatus: 'UNDEFINED' }));
      return jsonReply({ apps: { app: [...poison, ...apps, ...poison] } });
    };
    const seen: readonly unknown[] = await bench.adapter.describe(jobs);
    expect(seen).toMatchObject([{ phase: 'running' }, undefined, { phase: 'running' }]);
    expect(seen).toHaveLength(3);
  });

  it('is no proof that nothing carries the key', async () => {
    const { attempt } = await bench.running();
    bench.stub.rm.fault = ({ path }) => (path.endsWith('/apps') ? jsonReply({ apps: { app: poison } }) : undefined);
    await expect(bench.adapter.stopKey(attempt.ref.key, bench.mark)).rejects.toMatchObject(UNREACHABLE);
    await expect(bench.adapter.find(attempt)).rejects.toMatchObject(UNREACHABLE);
  });

  it('of strangers, when the ResourceManager heeds no filter, is not ours', async () => {
    const { attempt, handle } = await bench.running();
    const stranger = await bench.attempt({}, { mark: 'other' });
    bench.stub.run((await bench.launch(stranger)).id);
    bench.stub.rm.fault = ({ query }) => {
      query.delete('applicationTags');
      return undefined;
    };
    const listed = await bench.adapter.list(bench.mark);
    expect(listed).toContainEqual({ key: attempt.ref.key, handle, phase: 'running' });
    expect(listed.map(({ key }) => key)).not.toContain(stranger.ref.key);
  });
});

/** One that ended, and that only the application history knows. */
const gone = async () => {
  const one = await bench.running();
  bench.stub.end(one.id);
  bench.stub.forget(one.id);
  return one;
};

describe('what the application history says', () => {
  it('of an end is the end, and of what still runs there it has only not heard the end', async () => {
    const { attempt, handle, id } = await gone();
    expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'ended', final: 'succeeded' });
    Object.assign(bench.stub.remembered.get(id)!, { state: 'RUNNING', finalStatus: 'UNDEFINED' });
    expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'not-found', code: 'LOST' });
  });

  it('is needed where it is configured, and a word of it when it knows nothing', async () => {
    const { attempt, handle, id } = await gone();
    bench.stub.remembered.delete(id);
    expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'not-found', code: 'LOST' });
    const alone = await bench.another({ timeline: undefined });
    expect(await alone.describe([{ attempt, handle }])).toMatchObject([{ phase: 'not-found', code: 'LOST' }]);
  });

  const answers = Object.entries(NONSENSE).filter(([what]) => what !== 'an error that passes');
  it.each(answers)('is not that the job is lost, when it is %s', async (_, nonsense) => {
    const { attempt, handle } = await gone();
    bench.stub.timeline.fault = () => nonsense;
    await expect(bench.observe(attempt, handle)).rejects.toMatchObject(UNREACHABLE);
    const other = await bench.running();
    const seen: readonly unknown[] = await bench.adapter.describe([{ attempt, handle }, other]);
    expect(seen[0], 'it says nothing of the one').toBeUndefined();
    expect(seen[1], 'the other is seen all the same').toMatchObject({ phase: 'running' });
  });
});

it('says that the cluster cannot be reached when a submission is answered with nonsense, and submits again', async () => {
  for (const nonsense of [html(200), html(502), { status: 202 }, 'drop', json({ RemoteException: {} })] as const) {
    const attempt = await bench.attempt();
    bench.stub.rm.fault = ({ method, path }) => (method === 'POST' && path.endsWith('/apps') ? nonsense : undefined);
    await expect(bench.launch(attempt)).rejects.toMatchObject(UNREACHABLE);
    bench.stub.rm.fault = undefined;
    expect(await bench.launch(attempt)).toMatchObject({ id: attempt.ref.id });
  }
});

it('does not take an id that is none', async () => {
  for (const id of ['application_1_1', '../apps', 7, null, 'application_1795689478212_0001/../x']) {
    bench.stub.rm.fault = () => jsonReply({ 'application-id': id });
    await expect(bench.attempt()).rejects.toMatchObject(UNREACHABLE);
  }
});

it('never asks for an id that a person made up', async () => {
  const attempt = await bench.attempt();
  bench.stub.forgetRequests();
  for (const id of ['never/1', '../../../conf', 'application_1_0001?x', '']) {
    expect(await bench.observe(attempt, { id })).toMatchObject({ phase: 'not-found' });
  }
  expect(bench.stub.asked()).toEqual([]);
});
