// Logs besides stdout and stderr, of executors for example: all of them, in turn, masked, and never more than may be kept.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { furtherCutMarker, GONE_MARKER, notKeptNote } from '../../src/activities/further-logs.ts';
import { createLogPump, type LogLimits, type LogSource } from '../../src/activities/log-pump.ts';
import { Mask } from '../../src/activities/mask.ts';
import type { FurtherStreams } from '../../src/adapters/contract.ts';
import { LongshoreError } from '../../src/specs/errors.ts';
import { attemptKey } from '../../src/specs/identity.ts';
import { NOT_KEPT, type LogStream } from '../../src/specs/log-streams.ts';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import type { LogStore } from '../../src/store/logs.ts';

let dir: string;
let logs: LogStore;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'longshore-further-'));
  logs = folderLogStore(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const MANY: LogLimits = { bytes: 1_000_000_000, streams: 1_000 };
let attempts = 0;

/** An attempt whose executors print what a test says. Its own stdout and stderr are empty. */
class Cluster {
  readonly key = attemptKey('job:test:further', 'run', '', ++attempts);
  readonly raw = new Map<string, string>();
  /** Names, as the adapter gives them; default: all that printed. */
  names: readonly unknown[] | undefined;
  whole = false;
  /** Whether their sizes are known. */
  sized = false;
  silent: (name: string) => boolean = () => false;
  readonly reads: string[] = [];
  readonly source: LogSource;

  constructor(mask = new Mask([])) {
    this.source = {
      key: this.key,
      mask,
      read: async (stream, offset, maxBytes) => {
        if (this.silent(stream)) throw new Error(`no answer about ${stream}`);
        if (stream.includes('.')) this.reads.push(stream);
        const raw = Buffer.from(this.raw.get(stream) ?? '');
        return { offset, bytes: raw.subarray(offset, offset + maxBytes), end: this.whole && offset + maxBytes >= raw.length };
      },
      streams: async () => {
        const names = this.names ?? [...this.raw.keys()];
        const size = (name: unknown) => (this.sized ? { size: Buffer.byteLength(this.raw.get(String(name)) ?? '') } : {});
        return { streams: names.map((name) => ({ name, ...size(name) })), whole: this.whole } as unknown as FurtherStreams;
      },
    };
  }
  print(name: LogStream, text: string): void {
    this.raw.set(name, (this.raw.get(name) ?? '') + text);
  }
  end(): void {
    this.whole = true;
    this.sized = true;
  }
  async stored(): Promise<Record<string, string>> {
    const all = (await logs.streams(this.key)).filter(({ stream }) => stream.includes('.'));
    const texts = all.map(async ({ stream }) => {
      const { bytes, end } = await logs.read({ key: this.key, stream }, 0, 4_000_000);
      return [stream, `${Buffer.from(bytes).toString()}${end ? '$' : ''}`] as const;
    });
    return Object.fromEntries(await Promise.all(texts));
  }
}

describe('the logs of executors', () => {
  it('are copied while they grow, and closed when the attempt has ended', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, MANY);
    cluster.print('container-1-2.stderr', 'one ');
    cluster.print('container-1-3.stdout', 'two ');
    cluster.print('container-1-3.stderr', '');
    expect(await pump.copy(cluster.source)).toBeUndefined();
    expect(await cluster.stored()).toEqual({ 'container-1-2.stderr': 'one ', 'container-1-3.stdout': 'two ' });
    cluster.print('container-1-2.stderr', 'more');
    cluster.print('container-1-10.stderr', 'late');
    cluster.end();
    expect(await pump.finish(cluster.source)).toBeUndefined();
    expect(await cluster.stored()).toEqual({
      'container-1-2.stderr': 'one more$',
      'container-1-3.stdout': 'two $',
      'container-1-10.stderr': 'late$',
    });
    expect((await logs.streams(cluster.key)).map(({ stream }) => stream)).toEqual([
      'stdout',
      'stderr',
      'container-1-2.stderr',
      'container-1-3.stdout',
      'container-1-10.stderr',
    ]);
  });

  it('are masked as the others are, however they are cut', async () => {
    const cluster = new Cluster(new Mask(['hunter2']));
    cluster.print('container-1-2.stderr', 'the password is hun');
    await createLogPump(logs, MANY).copy(cluster.source);
    expect((await cluster.stored())['container-1-2.stderr']).not.toContain('hun');
    cluster.print('container-1-2.stderr', 'ter2!');
    cluster.end();
    await createLogPump(logs, MANY).finish(cluster.source);
    expect((await cluster.stored())['container-1-2.stderr']).toBe('the password is *******!$');
  });

  it('have their turns where not all can be copied at once', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, MANY);
    for (let n = 2; n < 12; n++) cluster.print(`container-1-${n}.stderr`, `from ${n}`);
    for (let round = 1; round <= 5; round++) {
      cluster.reads.length = 0;
      await pump.copy(cluster.source, 2);
      expect(new Set(cluster.reads).size).toBe(2);
      expect(Object.keys(await cluster.stored())).toHaveLength(2 * round);
    }
  });

  it('do not wait for one whose node is away, nor alarm while the job runs; at its end they do', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, MANY);
    for (const n of [2, 3, 4]) cluster.print(`container-1-${n}.stderr`, `from ${n}`);
    cluster.silent = (name) => name === 'container-1-3.stderr';
    expect(await pump.copy(cluster.source)).toBeUndefined();
    expect(Object.keys(await cluster.stored())).toEqual(['container-1-2.stderr', 'container-1-4.stderr']);
    cluster.end();
    expect(await pump.finish(cluster.source)).toBe('The log of container-1-3.stderr cannot be stored: no answer about container-1-3.stderr');
    expect(await cluster.stored()).toEqual({ 'container-1-2.stderr': 'from 2$', 'container-1-4.stderr': 'from 4$' });
    cluster.silent = () => false;
    expect(await pump.finish(cluster.source)).toBeUndefined();
    expect((await cluster.stored())['container-1-3.stderr']).toBe('from 3$');
  });

  it('are waited for at the end until all are known, and what is known is copied meanwhile', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, MANY);
    cluster.print('container-1-2.stderr', 'known');
    expect(await pump.finish(cluster.source)).toBe('Not all logs besides stdout and stderr are there yet.');
    expect(await cluster.stored()).toEqual({ 'container-1-2.stderr': 'known$' });
    cluster.print('container-1-3.stderr', 'late');
    cluster.end();
    expect(await pump.finish(cluster.source)).toBeUndefined();
    expect((await cluster.stored())['container-1-3.stderr']).toBe('late$');
  });

  it('cost no read where their size says that nothing is missing', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, MANY);
    cluster.print('container-1-2.stderr', 'all of it');
    cluster.print('container-1-3.stderr', 'not all');
    await pump.copy(cluster.source);
    cluster.print('container-1-3.stderr', ' of it');
    cluster.end();
    cluster.reads.length = 0;
    await pump.finish(cluster.source);
    expect(new Set(cluster.reads)).toEqual(new Set(['container-1-3.stderr']));
    expect(await cluster.stored()).toEqual({ 'container-1-2.stderr': 'all of it$', 'container-1-3.stderr': 'not all of it$' });
  });

  it('of which the cluster has no more say so where they end', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, MANY);
    cluster.print('container-1-2.stderr', 'lost with its node');
    await pump.copy(cluster.source);
    cluster.names = [];
    cluster.end();
    // A worker that dies between the line and the end of the log.
    const dying = createLogPump(
      { ...logs, finish: (ref) => (ref.stream.includes('.') ? Promise.reject(new Error('gone')) : logs.finish(ref)) },
      MANY,
    );
    expect(await dying.finish(cluster.source)).toMatch(/gone$/);
    for (let time = 0; time < 2; time++) expect(await pump.finish(cluster.source)).toBeUndefined();
    expect(await cluster.stored()).toEqual({ 'container-1-2.stderr': `lost with its node${GONE_MARKER}$` });
  });

  it.each<[string, unknown[]]>([
    ['paths', ['../x', '/etc/passwd', 'a/b.stdout', '..stdout', 'a\0.stdout', '.stdout', 'x.log']],
    ['the two that each attempt has', ['stdout', 'stderr']],
    ['the one that is ours', [NOT_KEPT]],
    ['things', [undefined, null, 7, {}]],
    ['names that are too long', [`${'a'.repeat(64)}.stdout`]],
  ])('have names: %s are none', async (_, names) => {
    const cluster = new Cluster();
    cluster.names = [...names, 'container-1-2.stderr'];
    for (const name of cluster.names) cluster.raw.set(String(name), 'x');
    cluster.end();
    expect(await createLogPump(logs, MANY).finish(cluster.source)).toBeUndefined();
    expect(Object.keys(await cluster.stored())).toEqual(['container-1-2.stderr']);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no list', { streams: 7, whole: true }],
    ['a list of nothing', { streams: [null], whole: true }],
  ])('that an adapter tells of with %s are an alarm at the end, in words', async (_, nonsense) => {
    const cluster = new Cluster();
    const source = { ...cluster.source, streams: () => Promise.resolve(nonsense as FurtherStreams) };
    const pump = createLogPump(logs, MANY);
    expect(await pump.copy(source)).toBeUndefined();
    expect(await pump.finish(source)).toMatch(/^The logs besides stdout and stderr cannot be listed: /);
  });

  it('are written once by several pumps', async () => {
    const cluster = new Cluster(new Mask(['secret']));
    const text = 'a line with a secret\n'.repeat(20_000);
    for (let n = 2; n < 6; n++) cluster.print(`container-1-${n}.stderr`, text);
    const pumps = Array.from({ length: 4 }, () => createLogPump(logs, MANY));
    await Promise.all(pumps.map((pump) => pump.copy(cluster.source)));
    cluster.end();
    for (const alarm of await Promise.all(pumps.map((pump) => pump.finish(cluster.source)))) expect(alarm).toBeUndefined();
    const expected = `${text.replaceAll('secret', '******')}$`;
    for (const stored of Object.values(await cluster.stored())) expect(stored).toBe(expected);
  });

  it('alarm when the disk is full, and are caught up with', async () => {
    let full = true;
    const failing: LogStore = {
      ...logs,
      append: (ref, at, bytes) => (full ? Promise.reject(new LongshoreError('DISK_FULL', 'no space left')) : logs.append(ref, at, bytes)),
    };
    const cluster = new Cluster();
    const pump = createLogPump(failing, MANY);
    cluster.print('container-1-2.stderr', 'kept');
    expect(await pump.copy(cluster.source)).toBe('The logs besides stdout and stderr cannot be stored: no space left');
    full = false;
    cluster.end();
    expect(await pump.finish(cluster.source)).toBeUndefined();
    expect(await cluster.stored()).toEqual({ 'container-1-2.stderr': 'kept$' });
  });
});

describe('of very many or very long ones', () => {
  it('as many are kept as may be, and one says that there are more', async () => {
    const limits = { bytes: 1_000_000, streams: 3 };
    const cluster = new Cluster();
    const pump = createLogPump(logs, limits);
    for (let n = 2; n <= 1_001; n++) {
      cluster.print(`container-1-${n}.stdout`, '');
      cluster.print(`container-1-${n}.stderr`, `from ${n}`);
    }
    expect(await pump.copy(cluster.source)).toBeUndefined();
    const kept = ['container-1-2.stderr', 'container-1-3.stderr', 'container-1-4.stderr'];
    expect(Object.keys(await cluster.stored())).toEqual([...kept, NOT_KEPT]);
    cluster.reads.length = 0;
    await pump.copy(cluster.source);
    expect(new Set(cluster.reads), 'those that are not kept are not read').toEqual(new Set(kept));
    cluster.end();
    expect(await pump.finish(cluster.source)).toBeUndefined();
    expect(await cluster.stored()).toMatchObject({ 'container-1-4.stderr': 'from 4$', [NOT_KEPT]: `${notKeptNote(limits)}$` });
    expect(Object.keys(await cluster.stored())).toHaveLength(4);
  });

  it('none says so where all that have a byte are kept', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, { bytes: 1_000_000, streams: 2 });
    for (const n of [2, 3]) cluster.print(`container-1-${n}.stderr`, 'x');
    for (const n of [2, 3]) cluster.print(`container-1-${n}.stdout`, '');
    await pump.copy(cluster.source);
    cluster.end();
    await pump.finish(cluster.source);
    expect(await cluster.stored()).toEqual({ 'container-1-2.stderr': 'x$', 'container-1-3.stderr': 'x$' });
  });

  it('all together stay below the limit, each cut one says so, and there is room for the next', async () => {
    const limits = { bytes: 20_000, streams: 20 };
    const cluster = new Cluster();
    const pump = createLogPump(logs, limits);
    for (let round = 0; round < 4; round++) {
      for (let n = 2; n < 7; n++) cluster.print(`container-1-${n}.stderr`, 'x'.repeat(8_000));
      expect(await pump.copy(cluster.source)).toBeUndefined();
    }
    cluster.print('container-1-9.stderr', 'short');
    cluster.end();
    for (let time = 0; time < 2; time++) expect(await pump.finish(cluster.source)).toBeUndefined();
    const stored = await cluster.stored();
    expect(stored['container-1-9.stderr']).toBe('short$');
    const marker = `${furtherCutMarker(limits.bytes)}$`;
    const cut = Object.entries(stored).filter(([name]) => name !== 'container-1-9.stderr' && name !== NOT_KEPT);
    expect(cut).toHaveLength(5);
    for (const [, text] of cut) expect(text).toMatch(/^x+\n\[longshore: /);
    for (const [, text] of cut) expect(text.slice(text.indexOf('\n'))).toBe(marker);
    const bytes = Object.values(stored).reduce((sum, text) => sum + (text.match(/x/g)?.length ?? 0), 0);
    expect(bytes).toBeLessThanOrEqual(limits.bytes);
  });

  it('one that had all its say is not called cut because others grew', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, { bytes: 2_000, streams: 100 });
    cluster.print('container-1-2.stderr', 'x'.repeat(480));
    await pump.copy(cluster.source);
    cluster.print('container-1-3.stderr', 'y'.repeat(250));
    await pump.copy(cluster.source);
    cluster.end();
    await pump.finish(cluster.source);
    expect(await cluster.stored()).toEqual({ 'container-1-2.stderr': `${'x'.repeat(480)}$`, 'container-1-3.stderr': `${'y'.repeat(250)}$` });
  });

  it('none at all are kept, nor asked for, where none may be', async () => {
    const cluster = new Cluster();
    const pump = createLogPump(logs, { bytes: 1_000, streams: 0 });
    cluster.print('container-1-2.stderr', 'x');
    await pump.copy(cluster.source);
    expect(await pump.finish(cluster.source)).toBeUndefined();
    expect([await cluster.stored(), cluster.reads]).toEqual([{}, []]);
  });
});
