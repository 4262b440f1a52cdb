// Logs of containers: byte for byte from an offset, while they grow, while they move to the history server, and over several application masters.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LogChunk } from '../../../src/adapters/contract.ts';
import { createLogPump } from '../../../src/activities/log-pump.ts';
import { Mask } from '../../../src/activities/mask.ts';
import type { LogStore } from '../../../src/store/logs.ts';
import { Bench } from './fixture.ts';
import { textReply, type Fault } from './stub/server.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterEach(() => {
  for (const server of bench.stub.servers) server.fault = undefined;
  bench.stub.nodeRedirects = true;
  bench.stub.logServer = undefined;
});
afterAll(async () => bench.close());

type Running = Awaited<ReturnType<Bench['running']>>;
const read = ({ attempt, handle }: Running, offset = 0, max = 1_000, by = bench.adapter, stream: 'stdout' | 'stderr' = 'stdout'): Promise<LogChunk> =>
  by.readLog(attempt, handle, stream, offset, max);
const textOf = (chunk: LogChunk): string => Buffer.from(chunk.bytes).toString();

const half: ReturnType<Fault> = (response) => {
  response.writeHead(200, { 'Content-Length': 1_000 });
  response.write('LogLength:100\nLogContents:\nabc');
  setTimeout(() => response.destroy(), 20);
};

/** The job writes so much between two requests. */
function growBy({ id }: Running, count: number): undefined {
  bench.stub.log(id, 'x'.repeat(count));
  return undefined;
}

/** Everything, by pieces of so many bytes. */
async function whole(job: Running, max = 7): Promise<string> {
  const all: Buffer[] = [];
  for (let offset = 0; ;) {
    const chunk = await read(job, offset, max);
    expect(chunk.offset).toBe(offset);
    expect(chunk.bytes.length).toBeLessThanOrEqual(max);
    all.push(Buffer.from(chunk.bytes));
    offset += chunk.bytes.length;
    if (chunk.end || chunk.bytes.length === 0) return Buffer.concat(all).toString();
  }
}

describe('of a job that runs', () => {
  it('come from the node, from any offset, and never end', async () => {
    const job = await bench.running();
    bench.stub.log(job.id, 'first\nÄ\u{1f600}\nlast');
    bench.stub.log(job.id, 'oops', { file: 'stderr' });
    expect(await whole(job)).toBe('first\nÄ\u{1f600}\nlast');
    expect(textOf(await read(job, 6, 2))).toBe('Ä');
    expect(await read(job, 17)).toMatchObject({ offset: 17, end: false });
    expect(textOf(await read(job, 0, 100, bench.adapter, 'stderr'))).toBe('oops');
    for (const past of [17, 18, 1_000_000]) expect((await read(job, past)).bytes).toHaveLength(0);
  });

  it('are the bytes of the file alone, whatever these look like', async () => {
    const job = await bench.running();
    const tricky = 'LogLength:3\nLogContents:\nabc\nEnd of LogType:stdout\n***\n\0\u00ff';
    bench.stub.log(job.id, tricky);
    expect(await whole(job, 5)).toBe(tricky);
    expect(textOf(await read(job, 12, 13))).toBe('LogContents:\n');
  });

  it('are none before there is a container, and none where the file is not there yet', async () => {
    const attempt = await bench.attempt();
    const handle = await bench.launch(attempt);
    expect(await read({ attempt, handle, id: handle.id })).toEqual({ offset: 0, bytes: Buffer.alloc(0), end: false });
    const job = await bench.running();
    bench.stub.app(job.id).attempts[0]!.containers[0]!.files.clear();
    expect(await read(job)).toEqual({ offset: 0, bytes: Buffer.alloc(0), end: false });
  });

  it('that grow between two answers are read from where they were', async () => {
    const job = await bench.running();
    bench.stub.log(job.id, '0123456789');
    bench.stub.node.fault = () => growBy(job, 100);
    expect(textOf(await read(job, 4, 6))).toBe('456789');
    bench.stub.node.fault = () => growBy(job, 200_000);
    await expect(read(job, 4, 6)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
  });

  it.each<[string, ReturnType<Fault>]>([
    ['a page of something else', textReply('<html>sign in</html>')],
    ['an error', textReply('no', 503)],
    ['a head without an end', textReply(`LogType:stdout\n${'x'.repeat(10_000)}`)],
    ['a closed connection', 'drop'],
    ['a length that no file has', textReply(`LogLength:${'9'.repeat(400)}\nLogContents:\nx`)],
    ['a redirect to where clouds keep credentials', { status: 307, headers: { Location: 'http://169.254.169.254/latest/meta-data' } }],
    ['a redirect to itself', { status: 307, headers: { Location: '/ws/v1/node' } }],
    ['half of it', half],
  ])('are not to be had, for now, when the node says %s', async (_, nonsense) => {
    const job = await bench.running();
    bench.stub.log(job.id, 'x'.repeat(100));
    bench.stub.node.fault = () => nonsense;
    await expect(read(job)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
  });

  it('are followed to another server only by its address: no path of its choice', async () => {
    const job = await bench.running();
    bench.stub.app(job.id).attempts[0]!.containers[0]!.files.delete('stdout');
    bench.stub.logServer = `${bench.stub.rm.url}/admin?delete=everything`;
    bench.stub.forgetRequests();
    await read(job);
    const container = bench.stub.app(job.id).attempts[0]!.containers[0]!.id;
    expect(bench.stub.asked().filter((line) => !line.includes('/ws/v1/cluster/'))).toEqual([
      `GET /ws/v1/history/containerlogs/${container}/stdout?size=-1`,
    ]);
  });
});

describe('of a job that has ended', () => {
  it('have no end before they are aggregated, and one then: from the history server', async () => {
    const job = await bench.running();
    bench.stub.log(job.id, 'all of it');
    bench.stub.end(job.id);
    expect(await read(job)).toMatchObject({ bytes: Buffer.from('all of it'), end: false });
    bench.stub.aggregate(job.id);
    bench.stub.forgetRequests();
    expect(await read(job)).toMatchObject({ bytes: Buffer.from('all of it'), end: true });
    expect(bench.stub.node.requests).toEqual([]);
    expect(await whole(job, 2)).toBe('all of it');
    expect(await read(job, 4, 2)).toMatchObject({ bytes: Buffer.from('of'), end: false });
    expect(await read(job, 100)).toMatchObject({ bytes: Buffer.alloc(0), end: true });
  });

  it('come by way of the node where no history server is configured', async () => {
    const job = await bench.running();
    bench.stub.log(job.id, 'all of it');
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    const other = await bench.another({ jobHistory: undefined });
    expect(await read(job, 4, 100, other)).toMatchObject({ bytes: Buffer.from('of it'), end: true });
    bench.stub.nodeRedirects = false;
    await expect(read(job, 0, 100, other)).rejects.toMatchObject({
      code: 'SUBMIT_FAILED',
      retryable: true,
      message: expect.stringContaining('no jobHistory'),
    });
  });

  it('are found with a history address that ends with a slash', async () => {
    const job = await bench.running();
    bench.stub.log(job.id, 'x');
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    expect(textOf(await read(job, 0, 10, await bench.another({ jobHistory: `${bench.stub.history.url}/` })))).toBe('x');
  });

  it('are missed when they are nowhere, unless it was killed before it had any', async () => {
    const [done, killed] = [await bench.running(), await bench.running()];
    for (const { id } of [done, killed]) bench.stub.app(id).attempts[0]!.containers[0]!.files.clear();
    bench.stub.end(done.id);
    bench.stub.end(killed.id, 'KILLED', 'KILLED', 'killed');
    for (const { id } of [done, killed]) bench.stub.aggregate(id);
    await expect(read(done)).rejects.toMatchObject({ code: 'SUBMIT_FAILED', retryable: true });
    expect(await read(killed)).toMatchObject({ bytes: Buffer.alloc(0), end: true });
    await expect(read(killed, 5), 'what was read once must be somewhere').rejects.toMatchObject({ code: 'SUBMIT_FAILED' });
  });

  it('are not over when the history server says something else', async () => {
    const job = await bench.running();
    bench.stub.log(job.id, 'x');
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    bench.stub.history.fault = () => textReply('<html>sign in</html>');
    await expect(read(job)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
  });

  it('end at once where it never had a container', async () => {
    const attempt = await bench.attempt();
    const handle = await bench.launch(attempt);
    bench.stub.end(handle.id, 'FAILED', 'FAILED', 'to unknown queue: x');
    expect(await read({ attempt, handle, id: handle.id })).toEqual({ offset: 0, bytes: Buffer.alloc(0), end: true });
  });

  it.each([1, 2])('are found when the ResourceManager has forgotten it, after %i application masters', async (masters) => {
    const job = await bench.running();
    for (let more = 1; more < masters; more++) bench.stub.launch(job.id);
    for (let attempt = 1; attempt <= masters; attempt++) bench.stub.log(job.id, `from ${attempt};`, { attempt });
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    bench.stub.forget(job.id);
    expect(await read(job)).toMatchObject({ bytes: Buffer.from(['from 1;', 'from 2;'].slice(0, masters).join('')), end: true });
  });
});

/** One whose third application master runs. */
const three = async (): Promise<Running> => {
  const job = await bench.running();
  for (const text of ['first.', 'second.', 'third.']) {
    if (text !== 'first.') bench.stub.launch(job.id);
    bench.stub.log(job.id, text);
  }
  return job;
};

describe('of several application masters', () => {
  it('stand one after the other, so that an offset never points to another byte', async () => {
    const job = await bench.running();
    bench.stub.log(job.id, 'first.');
    expect(await read(job, 0, 100)).toMatchObject({ bytes: Buffer.from('first.'), end: false });
    bench.stub.launch(job.id);
    expect(await read(job, 6, 100)).toMatchObject({ bytes: Buffer.alloc(0), end: false });
    bench.stub.log(job.id, 'second.');
    expect(textOf(await read(job, 6, 100))).toBe('second.');
    expect(textOf(await read(job, 3, 5)), 'one piece over both').toBe('st.se');
  });

  it('are read in pieces of any size, before and after the end', async () => {
    const job = await three();
    for (const max of [1, 3, 6, 7, 100]) expect(await whole(job, max)).toBe('first.second.third.');
    bench.stub.end(job.id, 'FAILED', 'FAILED', 'no');
    bench.stub.aggregate(job.id);
    for (const max of [1, 6, 100]) expect(await whole(job, max)).toBe('first.second.third.');
    expect(await read(job, 13, 100)).toMatchObject({ bytes: Buffer.from('third.'), end: true });
  });

  it('wait for one whose node is away, and do without it once nobody can have it', async () => {
    const job = await three();
    const [, second] = bench.stub.app(job.id).attempts;
    const lost = second!.containers[0]!.id;
    const away = ({ path }: { path: string }) => (path.includes(lost) ? ('drop' as const) : undefined);
    bench.stub.node.fault = away;
    await expect(read(job)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE', retryable: true });
    bench.stub.end(job.id);
    second!.containers[0]!.files.clear();
    bench.stub.aggregate(job.id);
    bench.stub.node.fault = undefined;
    expect(await whole(job)).toBe('first.third.');
  });

  it('cost one more question only where there is more than one', async () => {
    const [one, several] = [await bench.running(), await three()];
    bench.stub.forgetRequests();
    await read(one);
    expect(bench.stub.asked('appattempts')).toEqual([]);
    await read(several);
    expect(bench.stub.asked('appattempts')).toHaveLength(1);
  });

  it.each([1, 40])('reach the log store whole, with %i bytes held back', async (overlap) => {
    let log: Buffer = Buffer.alloc(0);
    let finished = false;
    const logs = {
      length: async ({ stream }: { stream: string }) => ({
        length: stream === 'stdout' ? log.length : 0,
        finished: stream === 'stdout' ? finished : true,
      }),
      append: async (_: unknown, offset: number, bytes: Uint8Array) => {
        expect(offset).toBe(log.length);
        log = Buffer.concat([log, bytes]);
        return log.length;
      },
      finish: async () => void (finished = true),
    } as unknown as LogStore;
    const pump = createLogPump(logs, { bytes: 10_000, streams: 10 });
    const job = await bench.running();
    const source = {
      key: job.attempt.ref.key,
      mask: new Mask(['#'.repeat(overlap + 1)]),
      read: (stream: 'stdout' | 'stderr', from: number, max: number) => read(job, from, max, bench.adapter, stream),
    };
    bench.stub.log(job.id, 'first.'.repeat(10));
    expect(await pump.copy(source)).toBeUndefined();
    bench.stub.launch(job.id);
    bench.stub.log(job.id, 'second.'.repeat(10));
    expect(await pump.copy(source)).toBeUndefined();
    bench.stub.end(job.id);
    bench.stub.aggregate(job.id);
    expect(await pump.finish(source)).toBeUndefined();
    expect(log.toString()).toBe('first.'.repeat(10) + 'second.'.repeat(10));
  });
});
