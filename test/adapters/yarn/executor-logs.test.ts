// The logs of an application's further containers, which are Spark's executors: which there are, and their bytes, at no more cost than they are worth.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLogPump, logSource } from '../../../src/activities/log-pump.ts';
import { Mask, NO_MASK } from '../../../src/activities/mask.ts';
import type { FurtherStreams, LogStream } from '../../../src/adapters/contract.ts';
import { partOf, placeOf } from '../../../src/adapters/yarn/containers.ts';
import { folderLogStore } from '../../../src/store/folder-logs.ts';
import { Bench } from './fixture.ts';
import { jsonReply, textReply, type Reply } from './stub/server.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterEach(() => {
  vi.useRealTimers();
  for (const server of bench.stub.servers) server.fault = undefined;
  bench.stub.nodeRedirects = true;
});
afterAll(async () => bench.close());

type Job = Awaited<ReturnType<Bench['running']>>;

/** A Spark job whose driver runs, with so many executors. */
async function spark(executors: number): Promise<Job> {
  bench.stub.onSubmit = (app) => Object.assign(app, { type: 'SPARK' });
  const job = await bench.running();
  bench.stub.onSubmit = undefined;
  for (let n = 0; n < executors; n++) bench.stub.addContainer(job.id);
  return job;
}
/** What the watcher sees before it copies logs. */
const look = async (job: Job, by = bench.adapter) => {
  await by.describe([job, await spark(0)]);
};
const streams = ({ attempt, handle }: Job, by = bench.adapter): Promise<FurtherStreams> => by.streams!(attempt, handle);
const names = async (job: Job, by = bench.adapter): Promise<string[]> => (await streams(job, by)).streams.map(({ name }) => name);
const read = async ({ attempt, handle }: Job, stream: string, offset = 0, by = bench.adapter) => {
  const { bytes, end } = await by.readLog(attempt, handle, stream as LogStream, offset, 1_000);
  return [Buffer.from(bytes).toString(), end] as const;
};
const containersAsked = (): number => bench.stub.asked('/containers').length;
/** The adapter's clock, which counts the pauses between questions. */
const later = (ms: number): void => void vi.advanceTimersByTime(ms);
const stopClock = (): void => void vi.useFakeTimers({ toFake: ['performance'] });
const both = (...parts: string[]): string[] => parts.flatMap((part) => [`${part}.stdout`, `${part}.stderr`]);

describe('the name of a container', () => {
  it.each([
    ['container_1795689478212_0001_01_000002', 'container-1-2'],
    ['container_1795689478212_0001_12_1234567', 'container-12-1234567'],
    ['container_e17_1795689478212_0001_01_000002', 'container-e17-1-2'],
    ['container_e171_1795689478212_0001_01_000002', 'container-e171-1-2'],
  ])('of %s is %s, and back', (id, part) => {
    const app = 'application_1795689478212_0001';
    expect(partOf(app, id)).toBe(part);
    expect(placeOf(app, `${part}.stderr`)).toEqual({ id, file: 'stderr' });
  });

  it.each([
    ['of another application', 'container_1795689478212_0002_01_000002'],
    ['of another cluster', 'container_1795689478213_0001_01_000002'],
    ['written in another way', 'container_1795689478212_0001_001_000002'],
    ['with an epoch of none', 'container_e00_1795689478212_0001_01_000002'],
    ['the zeroth', 'container_1795689478212_0001_01_000000'],
    ['a path', '../container_1795689478212_0001_01_000002'],
    ['a path behind it', 'container_1795689478212_0001_01_000002/../../x'],
    ['two lines', 'container_1795689478212_0001_01_000002\n'],
    ['nothing', ''],
  ])('is none when it is %s', (_, id) => {
    expect(partOf('application_1795689478212_0001', id)).toBeUndefined();
  });

  it.each(['container-1-02.stderr', 'container-0-2.stderr', 'container-e0-1-2.stdout', 'container-1-2.log', 'x.stdout', 'container-1-2', 'stdout'])(
    '%s is no stream of it',
    (stream) => expect(placeOf('application_1795689478212_0001', stream)).toBeUndefined(),
  );
});

describe('of a job that runs', () => {
  it('are those of the containers that live, read from their nodes as they grow', async () => {
    const job = await spark(2);
    bench.stub.log(job.id, 'task 1\n', { file: 'stderr', container: 1 });
    expect(await streams(job)).toEqual({ streams: both('container-1-2', 'container-1-3').map((name) => ({ name })), whole: false });
    expect(await read(job, 'container-1-2.stderr')).toEqual(['task 1\n', false]);
    bench.stub.log(job.id, 'task 2\n', { file: 'stderr', container: 1 });
    expect(await read(job, 'container-1-2.stderr', 7)).toEqual(['task 2\n', false]);
    expect(await read(job, 'container-1-3.stdout')).toEqual(['', false]);
    expect(await read(job, 'stdout'), 'the driver has its own').toEqual(['', false]);
  });

  it('cost nothing where there is only the master, or our own', async () => {
    const [alone, own] = [await spark(0), await bench.running()];
    bench.stub.addContainer(own.id);
    await bench.adapter.describe([alone, own]);
    bench.stub.forgetRequests();
    expect([await names(alone), await names(own)]).toEqual([[], []]);
    expect(bench.stub.asked()).toEqual([]);
    expect((await streams(own)).whole).toBe(true);
  });

  it('cost one question when their number changes, and else one now and then', async () => {
    stopClock();
    const job = await spark(2);
    await look(job);
    bench.stub.forgetRequests();
    for (let tick = 0; tick < 15; tick++) {
      await streams(job);
      later(1_000);
      await look(job);
    }
    expect(containersAsked()).toBe(1);
    bench.stub.addContainer(job.id);
    await look(job);
    expect(await names(job)).toEqual(both('container-1-2', 'container-1-3', 'container-1-4'));
    expect(containersAsked()).toBe(2);
    later(25_000);
    await look(job);
    await streams(job);
    expect(containersAsked(), 'one may have taken the place of another').toBe(3);
  });

  it('of one that has ended are listed a while longer, and can be read after that', async () => {
    stopClock();
    const job = await spark(2);
    await streams(job);
    bench.stub.log(job.id, 'out of memory', { file: 'stderr', container: 1 });
    bench.stub.endContainer(job.id, 1);
    later(10_000);
    await look(job);
    expect(await names(job)).toEqual(both('container-1-2', 'container-1-3'));
    expect(await read(job, 'container-1-2.stderr')).toEqual(['out of memory', false]);
    later(70_000);
    await look(job);
    expect(await names(job)).toEqual(both('container-1-3'));
    expect(await read(job, 'container-1-2.stderr')).toEqual(['out of memory', false]);
  });

  it('of the next application master have its number', async () => {
    stopClock();
    const job = await spark(1);
    bench.stub.log(job.id, 'first', { file: 'stderr', container: 1 });
    await streams(job);
    bench.stub.launch(job.id);
    bench.stub.addContainer(job.id);
    bench.stub.log(job.id, 'second', { file: 'stderr', container: 1 });
    later(25_000);
    await look(job);
    expect(await names(job)).toEqual(both('container-1-2', 'container-2-2'));
    expect([await read(job, 'container-1-2.stderr'), await read(job, 'container-2-2.stderr')]).toEqual([
      ['first', false],
      ['second', false],
    ]);
  });

  it('are also those of a ResourceManager that was restarted and numbers from one again', async () => {
    const job = await spark(1);
    const [master, first] = bench.stub.app(job.id).attempts[0]!.containers.map(({ id }) => id);
    const restarted = master!.replace('container_', 'container_e01_');
    const all = [master!, first!, restarted];
    bench.stub.rm.fault = ({ path }) =>
      path.endsWith('/containers') ? list(all.map((containerId) => ({ containerId, nodeHttpAddress: node() }))) : undefined;
    expect(await names(job)).toEqual(both('container-1-2', 'container-e1-1-1'));
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    const infos = all.map((containerId) => ({ containerId, containerLogInfo: [{ fileName: 'stderr', fileSize: 1 }] }));
    bench.stub.history.fault = ({ path }) =>
      path.endsWith('aggregatedlogs') ? jsonReply({ containerLogsInfoes: { containerLogsInfo: infos } }) : undefined;
    expect(await names(job)).toEqual(['container-1-2.stderr', 'container-e1-1-1.stderr']);
  });

  it('that another worker does not know of have nothing yet, and no error', async () => {
    const job = await spark(1);
    bench.stub.log(job.id, 'x', { file: 'stderr', container: 1 });
    expect(await read(job, 'container-1-2.stderr', 0, await bench.another())).toEqual(['', false]);
  });

  it('on a node that is away are not waited for one by one', async () => {
    stopClock();
    const job = await spark(3);
    await streams(job);
    bench.stub.node.fault = () => 'drop';
    bench.stub.forgetRequests();
    for (const name of both('container-1-2', 'container-1-3'))
      await expect(read(job, name)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
    expect(bench.stub.node.requests).toHaveLength(1);
    bench.stub.node.fault = undefined;
    later(31_000);
    expect(await read(job, 'container-1-2.stderr')).toEqual(['', false]);
  });
});

describe('of a job that has ended', () => {
  it('are all that were aggregated, with their sizes, also those that nobody saw', async () => {
    const job = await spark(2);
    await streams(job);
    bench.stub.addContainer(job.id);
    for (const container of [1, 2, 3]) bench.stub.log(job.id, `from ${container}`, { file: 'stderr', container });
    bench.stub.log(job.id, 'LD_LIBRARY_PATH', { file: 'launch_container.sh', container: 1 });
    bench.stub.end(job.id);
    expect(await streams(job), 'before they are aggregated').toEqual({
      streams: both('container-1-2', 'container-1-3').map((name) => ({ name })),
      whole: false,
    });
    expect(await read(job, 'container-1-2.stderr')).toEqual(['from 1', false]);
    await expect(read(job, 'container-1-4.stderr')).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
    bench.stub.aggregate(job.id);
    const all = [2, 3, 4].map((n) => ({ name: `container-1-${n}.stderr`, size: 6 }));
    expect(await streams(job)).toEqual({ streams: all, whole: true });
    expect(await read(job, 'container-1-4.stderr')).toEqual(['from 3', true]);
    expect(await read(job, 'container-1-4.stderr', 5)).toEqual(['3', true]);
    expect(await streams(job, await bench.another())).toEqual({ streams: all, whole: true });
  });

  it('are one, where a list of one is no list', async () => {
    const job = await spark(1);
    bench.stub.log(job.id, 'x', { file: 'stderr', container: 1 });
    const { attempts } = bench.stub.app(job.id);
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    bench.stub.history.fault = ({ path }) =>
      path.endsWith('aggregatedlogs')
        ? jsonReply({
            containerLogsInfoes: {
              containerLogsInfo: { containerId: attempts[0]!.containers[1]!.id, containerLogInfo: { fileName: 'stderr', fileSize: '1' } },
            },
          })
        : undefined;
    expect(await streams(job)).toEqual({ streams: [{ name: 'container-1-2.stderr', size: 1 }], whole: true });
  });

  it('are found by way of a node where no history server is configured', async () => {
    const job = await spark(1);
    bench.stub.log(job.id, 'all of it', { file: 'stderr', container: 1 });
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    const other = await bench.another({ jobHistory: undefined });
    expect(await names(job, other)).toEqual(['container-1-2.stderr']);
    expect(await read(job, 'container-1-2.stderr', 4, other)).toEqual(['of it', true]);
    bench.stub.nodeRedirects = false;
    expect(await streams(job, await bench.another({ jobHistory: undefined })), 'nobody can say').toEqual({ streams: [], whole: true });
  });

  it('are found when the ResourceManager has forgotten it, after two application masters', async () => {
    const job = await spark(1);
    bench.stub.log(job.id, 'first', { file: 'stderr', container: 1 });
    bench.stub.launch(job.id);
    bench.stub.addContainer(job.id);
    bench.stub.log(job.id, 'second', { file: 'stdout', container: 1 });
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    bench.stub.forget(job.id);
    expect((await names(job)).toSorted()).toEqual(['container-1-2.stderr', 'container-2-2.stdout']);
    expect([await read(job, 'container-1-2.stderr'), await read(job, 'container-2-2.stdout')]).toEqual([
      ['first', true],
      ['second', true],
    ]);
  });

  it('cost one look at the application, however many there are', async () => {
    const job = await spark(5);
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    bench.stub.forgetRequests();
    for (const name of both('container-1-2', 'container-1-3', 'container-1-4')) expect(await read(job, name)).toEqual(['', true]);
    expect(bench.stub.asked()).toHaveLength(1);
  });

  it('are none where nobody knows it, and where it never had a container', async () => {
    const gone = await spark(0);
    bench.stub.forget(gone.id);
    const attempt = await bench.attempt();
    const handle = await bench.launch(attempt);
    bench.stub.change(handle.id, { override: { applicationType: 'SPARK' } });
    bench.stub.end(handle.id, 'FAILED', 'FAILED', 'to unknown queue: x');
    for (const job of [gone, { attempt, handle, id: handle.id }]) expect(await streams(job)).toEqual({ streams: [], whole: true });
  });

  it('may be missing where it was killed, and nowhere else', async () => {
    const [done, killed] = [await spark(0), await spark(0)];
    bench.stub.end(done.id);
    bench.stub.end(killed.id, 'KILLED', 'KILLED', 'killed');
    for (const { id } of [done, killed]) bench.stub.change(id, { logAggregationStatus: 'SUCCEEDED' });
    await expect(streams(done)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
    expect(await streams(killed)).toEqual({ streams: [], whole: true });
  });
});

const list = (container: unknown): Reply => jsonReply({ container });
const node = () => `http://${bench.stub.places.nodeHttp}`;

describe('what a cluster might say', () => {
  it('of strange containers is not believed', async () => {
    const [job, other] = [await spark(1), await spark(1)];
    const own = bench.stub.app(job.id).attempts[0]!.containers[1]!.id;
    const theirs = bench.stub.app(other.id).attempts[0]!.containers[1]!.id;
    const hostile = ['../x', `${own}/../../x`, theirs, '', `${own}\n`, 7, null, { toString: () => own }].map((containerId) => ({
      containerId,
      nodeHttpAddress: node(),
    }));
    const places = ['file:///etc/passwd', 'http://a b:1', 'http://u:p@node:80', 'http://node:80/x?', 'node:80', 7].map((nodeHttpAddress, index) => ({
      containerId: own.replace(/\d$/, String(index + 3)),
      nodeHttpAddress,
    }));
    bench.stub.rm.fault = ({ path }) =>
      path.endsWith('/containers') ? list([...hostile, ...places, 'x', null, { containerId: own, nodeHttpAddress: node() }]) : undefined;
    expect(await names(job)).toEqual(both('container-1-2'));
    bench.stub.forgetRequests();
    for (const name of ['../x.stdout', 'container-1-2/../../x.stdout', 'container-9-9.stdout', 'x.stderr']) {
      expect((await read(job, name))[0]).toBe('');
    }
    expect(bench.stub.node.requests).toEqual([]);
  });

  it('of one container, which is no list, is one', async () => {
    const job = await spark(1);
    const { id } = bench.stub.app(job.id).attempts[0]!.containers[1]!;
    bench.stub.rm.fault = ({ path }) => (path.endsWith('/containers') ? list({ containerId: id, nodeHttpAddress: node() }) : undefined);
    expect(await names(job)).toEqual(both('container-1-2'));
  });

  it('of a hundred thousand is bounded', async () => {
    const job = await spark(1);
    const all = Array.from({ length: 100_000 }, (_, index) => ({
      containerId: `${job.id.replace('application', 'container')}_01_${String(index + 2).padStart(6, '0')}`,
      nodeHttpAddress: node(),
    }));
    bench.stub.rm.fault = ({ path }) => (path.endsWith('/containers') ? list(all) : undefined);
    expect(await names(job)).toHaveLength(10_000);
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    const infos = all.map(({ containerId }) => ({ containerId, containerLogInfo: [{ fileName: 'stderr', fileSize: 9 }] }));
    bench.stub.history.fault = ({ path }) =>
      path.endsWith('aggregatedlogs') ? jsonReply({ containerLogsInfoes: { containerLogsInfo: infos } }) : undefined;
    expect((await streams(job)).streams).toHaveLength(5_000);
  });

  it.each<[string, Reply | 'drop']>([
    ['a page of something else', textReply('<html>sign in</html>')],
    ['an error', textReply('no', 503)],
    ['a list of something else', jsonReply([1, 2])],
    ['nothing at all', 'drop'],
  ])('in place of a list, %s, is no answer', async (_, nonsense) => {
    const job = await spark(1);
    bench.stub.rm.fault = ({ path }) => (path.endsWith('/containers') ? nonsense : undefined);
    await expect(streams(job)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
    bench.stub.rm.fault = undefined;
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    bench.stub.history.fault = ({ path }) => (path.endsWith('aggregatedlogs') ? nonsense : undefined);
    await expect(streams(job)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
  });

  it('of aggregated logs that are strange is not believed', async () => {
    const job = await spark(1);
    const own = bench.stub.app(job.id).attempts[0]!.containers.map(({ id }) => id);
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    const file = { fileName: 'stderr', fileSize: 5 };
    const infos = [
      null,
      7,
      { containerId: '../x', containerLogInfo: [file] },
      { containerId: own[0], containerLogInfo: [file] },
      { containerId: own[1]!.replace('_0', '_1'), containerLogInfo: [file] },
      {
        containerId: own[1],
        containerLogInfo: [file, { fileName: '../stdout', fileSize: 1 }, { fileName: 'stdout', fileSize: -1 }, { fileName: 'stdout', fileSize: 'x' }],
      },
    ];
    bench.stub.history.fault = ({ path }) =>
      path.endsWith('aggregatedlogs') ? jsonReply({ containerLogsInfoes: { containerLogsInfo: infos } }) : undefined;
    expect(await streams(job)).toEqual({ streams: [{ name: 'container-1-2.stderr', size: 5 }], whole: true });
  });
});

describe('the log store', () => {
  it('has them all in the end, those of a lost worker too, without the secrets', async () => {
    const job = await spark(2);
    const logs = folderLogStore(`${bench.folder}/logs`);
    const pump = createLogPump(logs, { bytes: 100_000, streams: 10 });
    const sourceBy = (by: typeof bench.adapter) => logSource(by, job.attempt, job.handle, new Mask(['hunter2']));
    const first = sourceBy(bench.adapter);
    bench.stub.log(job.id, 'password hunter2 and so on', { file: 'stderr', container: 1 });
    expect(await pump.copy(first)).toBeUndefined();
    bench.stub.log(job.id, ', the end', { file: 'stderr', container: 1 });
    bench.stub.log(job.id, 'late', { file: 'stdout', container: 2 });
    bench.stub.end(job.id);
    // Another worker, which never saw it run.
    const second = sourceBy(await bench.another());
    expect(await pump.finish(second)).toBe('Not all logs besides stdout and stderr are there yet.');
    bench.stub.aggregate(job.id);
    expect(await pump.finish(second)).toBeUndefined();
    const stored = await logs.streams(job.attempt.ref.key);
    expect(stored.map(({ stream, finished }) => [stream, finished])).toEqual(
      ['stdout', 'stderr', 'container-1-2.stderr', 'container-1-3.stdout'].map((stream) => [stream, true]),
    );
    const { bytes } = await logs.read({ key: job.attempt.ref.key, stream: 'container-1-2.stderr' }, 0, 1_000);
    expect(Buffer.from(bytes).toString()).toBe('password ******* and so on, the end');
  });

  it('keeps no more of a job with a thousand executors than it may', async () => {
    const job = await spark(1_000);
    for (let container = 1; container <= 1_000; container++) bench.stub.log(job.id, 'x'.repeat(500), { file: 'stderr', container });
    const logs = folderLogStore(`${bench.folder}/logs`);
    const pump = createLogPump(logs, { bytes: 20_000, streams: 50 });
    const source = logSource(bench.adapter, job.attempt, job.handle, NO_MASK);
    await pump.copy(source, 400);
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    expect(await pump.finish(source)).toBeUndefined();
    const stored = (await logs.streams(job.attempt.ref.key)).filter(({ stream }) => stream.includes('.'));
    expect(stored).toHaveLength(51);
    expect(stored.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(20_000 + 51 * 150);
  });
});
