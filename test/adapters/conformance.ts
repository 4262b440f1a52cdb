/**
 * The conformance suite of adapters: what Longshore relies on, for our adapters and for yours. In a test file of your own:
 *
 *     describeAdapterConformance('my-cluster', async () => ({ type, cluster, host, payload, close }));
 *
 * The factory is called for each test and gives a cluster with nothing on it. Real parts are wanted: payloads really run. How often one
 * ran is judged by the payloads themselves, which append their key to a truth file that no adapter reads.
 */
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Adapter, AdapterType, Attempt, Host, StartContext } from '../../src/adapters/contract.ts';
import type { LaunchPlan } from '../../src/jobtypes/contract.ts';
import { makeWorkspace, workspacePaths } from '../../src/jobtypes/workspace.ts';
import type { ClusterRecord, Handle, Observation } from '../../src/specs/execution.ts';
import { attemptKey } from '../../src/specs/identity.ts';
import { jobSpecSchema } from '../../src/specs/job.schema.ts';

/** What a payload of the suite does, in this order. */
export interface PayloadWork {
  /** Appends one line to this file, with one atomic write. */
  readonly truth: { readonly file: string; readonly line: string };
  readonly stdout: string;
  /** Waits until this file exists (forever, if it never does). */
  readonly waitFor?: string;
  readonly exitCode: number;
}

/** A cluster under test. */
export interface ConformanceCluster {
  readonly type: AdapterType;
  readonly cluster: ClusterRecord;
  readonly host: Host;
  /** A launch plan of one of the type's templates that does this work. Default: template "process". */
  readonly payload?: (work: PayloadWork) => LaunchPlan;
  /** Makes what the cluster says about a started attempt nonsense: garbage in files, hostile replies. */
  corrupt?(attempt: Attempt): Promise<void>;
  close?(): Promise<void>;
}

const END = { timeout: 15_000, interval: 20 };

/** Template "process": a shell does the work. */
function processPayload(work: PayloadWork): LaunchPlan {
  const script = 'echo "$2" >>"$1"; printf %s "$3"; while [ -n "$4" ] && ! [ -e "$4" ]; do sleep 0.02; done; exit "$5"';
  const { truth, stdout, waitFor = '', exitCode } = work;
  const argv = ['/bin/sh', '-c', script, 'payload', truth.file, truth.line, stdout, waitFor, String(exitCode)];
  return { template: 'process', outputPath: '', data: { argv, env: {} } };
}

/** Stage and start, as a launch calls them. */
async function start(by: Adapter, of: Attempt, given: StartContext): Promise<Handle> {
  return await by.start(of, { ...given, staged: await by.stage?.(of, given) });
}

/** Registers the suite. */
export function describeAdapterConformance(name: string, factory: () => Promise<ConformanceCluster>): void {
  describe(`adapter ${name} keeps the contract`, () => {
    let made: ConformanceCluster;
    let adapter: Adapter;
    let folder: string;
    let truth: string;
    let started: Attempt[];
    const mark = `mark-${randomBytes(8).toString('hex')}`;

    beforeEach(async () => {
      made = await factory();
      adapter = await made.type.create(made.cluster, made.host);
      folder = await mkdtemp(join(tmpdir(), 'conformance-'));
      truth = join(folder, 'truth');
      started = [];
    });
    afterEach(async () => {
      for (const attempt of started) await adapter.clean(attempt, undefined);
      await adapter.close?.();
      await made.close?.();
      await rm(folder, { recursive: true, force: true });
    });

    /** An adapter as another worker, or the same one after a crash, would make it. */
    const another = (): Promise<Adapter> => made.type.create(made.cluster, made.host);

    async function attempt(options: { mark?: string; prepared?: boolean } = {}): Promise<Attempt> {
      const key = attemptKey(`conformance:${randomBytes(8).toString('hex')}`, 'run', '', 1);
      const unnamed = {
        key,
        mark: options.mark ?? mark,
        app: 'conformance',
        jobId: '1',
        workflowId: 'job:conformance:1',
        firstRunId: 'run',
        attempt: 1,
      };
      const spec = jobSpecSchema.parse({ name: 'conformance', type: 'shell', cluster: made.cluster.name });
      const nameless = { ref: unnamed, spec, cluster: made.cluster, workspace: workspacePaths(made.host.dataDir, key) };
      const id = await adapter.allocateId?.(nameless);
      const fresh: Attempt = { ...nameless, ref: { ...unnamed, ...(id !== undefined && { id }) } };
      if (options.prepared !== false) await makeWorkspace(fresh.workspace);
      started.push(fresh);
      return fresh;
    }
    const context = (of: Attempt, work: Partial<PayloadWork> = {}, change: Partial<StartContext> = {}): StartContext => ({
      plan: (made.payload ?? processPayload)({ truth: { file: truth, line: of.ref.key }, stdout: '', exitCode: 0, ...work }),
      secrets: new Map(),
      gate: async () => {},
      signal: new AbortController().signal,
      ...change,
    });
    const forever = (): { waitFor: string } => ({ waitFor: join(folder, 'never') });
    /** How often the payload of this attempt ran. */
    async function runs(of: Attempt): Promise<number> {
      const lines = (await readFile(truth, 'utf8').catch(() => '')).split('\n');
      return lines.filter((line) => line === of.ref.key).length;
    }
    const observe = async (of: Attempt, handle: Handle, by = adapter): Promise<Observation> => (await by.describe([{ attempt: of, handle }]))[0]!;
    async function untilEnded(of: Attempt, handle: Handle): Promise<Observation> {
      return vi.waitFor(async () => {
        const seen = await observe(of, handle);
        expect(seen.phase).toBe('ended');
        return seen;
      }, END);
    }
    const untilRan = (of: Attempt) => vi.waitFor(async () => expect(await runs(of)).toBe(1), END);
    const graceful = { force: false, graceMs: 500 };

    it('runs a payload and says how it ended', async () => {
      const [good, bad] = [await attempt(), await attempt()];
      const handles = [await start(adapter, good, context(good)), await start(adapter, bad, context(bad, { exitCode: 3 }))] as const;
      expect(await untilEnded(good, handles[0])).toMatchObject({ final: 'succeeded' });
      expect(await untilEnded(bad, handles[1])).toMatchObject({ final: 'failed' });
      expect(JSON.stringify(handles[0]).length, 'a handle is at most 4 KB').toBeLessThan(4096);
      const both = await adapter.describe([
        { attempt: bad, handle: handles[1] },
        { attempt: good, handle: handles[0] },
      ]);
      expect(
        both.map((o) => o.final),
        'answers come in the order of the attempts',
      ).toEqual(['failed', 'succeeded']);
    });

    it('starts once, however often start is called', async () => {
      const one = await attempt();
      const calls = await Promise.all(Array.from({ length: 5 }, async () => start(await another(), one, context(one, forever()))));
      const later = await start(await another(), one, context(one, forever()));
      await untilRan(one);
      expect(new Set([...calls, later].map((handle) => handle.id)).size).toBe(1);
      expect(await adapter.find(one)).toEqual(later);
      await adapter.stop(one, later, { force: true, graceMs: 0 });
      expect(await runs(one)).toBe(1);
    });

    it('adopts what a start began whose reply was lost', async () => {
      const one = await attempt();
      const cut = new AbortController();
      const gate = async () => void setTimeout(() => cut.abort(), 1);
      await start(adapter, one, context(one, forever(), { gate, signal: cut.signal })).catch(() => undefined);
      const handle = await start(await another(), one, context(one, forever()));
      await untilRan(one);
      expect(await observe(one, handle)).toMatchObject({ phase: 'running' });
      await adapter.stop(one, handle, { force: true, graceMs: 0 });
      expect(await runs(one)).toBe(1);
    });

    it('adopts what has already ended, and does not run it again', async () => {
      const one = await attempt();
      await untilEnded(one, await start(adapter, one, context(one, { exitCode: 3 })));
      const handle = await start(await another(), one, context(one));
      expect(await observe(one, handle)).toMatchObject({ phase: 'ended', final: 'failed' });
      expect(await runs(one)).toBe(1);
    });

    it('does not act when the gate is closed', async () => {
      const one = await attempt();
      await expect(start(adapter, one, context(one, {}, { gate: () => Promise.reject(new Error('another try owns it')) }))).rejects.toThrow(
        'another try owns it',
      );
      expect(await adapter.find(one)).toBeUndefined();
      expect(await runs(one)).toBe(0);
    });

    it('refuses to start what was stopped before', async () => {
      const one = await attempt();
      const proof = await adapter.stop(one, undefined, graceful);
      expect(['not-found', 'ended']).toContain(proof.phase);
      expect(proof.final).not.toBe('succeeded');
      await expect(start(await another(), one, context(one))).rejects.toMatchObject({ code: 'START_REFUSED' });
      expect(await runs(one)).toBe(0);
    });

    it('refuses to start what was stopped while start asked the gate', async () => {
      const one = await attempt();
      const gate = async () => void (await (await another()).stop(one, undefined, graceful));
      await expect(start(adapter, one, context(one, {}, { gate }))).rejects.toMatchObject({ code: 'START_REFUSED' });
      expect(await runs(one)).toBe(0);
    });

    it('stops what runs, by key alone, and says that it was killed', async () => {
      const one = await attempt();
      const handle = await start(adapter, one, context(one, forever()));
      await untilRan(one);
      expect(await observe(one, handle)).toMatchObject({ phase: 'running' });
      expect(await (await another()).stop(one, undefined, graceful)).toMatchObject({ phase: 'ended', final: 'killed' });
      expect(await observe(one, handle)).toMatchObject({ phase: 'ended', final: 'killed' });
    });

    it('stops for the sweeper, which knows only the key', async () => {
      const one = await attempt();
      const handle = await start(adapter, one, context(one, forever()));
      await untilRan(one);
      await adapter.stopKey(one.ref.key, mark);
      expect(await observe(one, handle)).toMatchObject({ phase: 'ended', final: 'killed' });
    });

    it('keeps the result of what had ended before a stop, and a second stop is a success', async () => {
      const one = await attempt();
      const handle = await start(adapter, one, context(one));
      await untilEnded(one, handle);
      expect(await adapter.stop(one, handle, graceful)).toMatchObject({ phase: 'ended', final: 'succeeded' });
      expect(await adapter.stop(one, undefined, graceful)).toMatchObject({ phase: 'ended', final: 'succeeded' });
    });

    it('says not-found of what it never saw, without an exception', async () => {
      const one = await attempt({ prepared: false });
      expect(await adapter.find(one)).toBeUndefined();
      const seen = await observe(one, { id: 'never/1' });
      expect(seen.phase).toBe('not-found');
      expect(seen.final).toBeUndefined();
      const chunk = await adapter.readLog(one, { id: 'never/1' }, 'stdout', 0, 1024);
      expect(chunk.bytes).toHaveLength(0);
    });

    it('cleans twice like once, and refuses a start that comes after it', async () => {
      const one = await attempt();
      const handle = await start(adapter, one, context(one));
      await untilEnded(one, handle);
      await adapter.clean(one, handle);
      await (await another()).clean(one, undefined);
      await makeWorkspace(one.workspace).catch(() => undefined);
      await start(adapter, one, context(one)).catch(() => undefined);
      expect(await runs(one)).toBe(1);
    });

    it('cleans what was never started, and refuses a start that comes after it', async () => {
      const one = await attempt();
      await adapter.clean(one, undefined);
      await adapter.clean(one, undefined);
      await expect(start(adapter, one, context(one))).rejects.toMatchObject({ code: 'START_REFUSED' });
      expect(await runs(one)).toBe(0);
    });

    it('leaves nothing running after clean', async () => {
      const one = await attempt();
      const handle = await start(adapter, one, context(one, forever()));
      await untilRan(one);
      await adapter.clean(one, handle);
      expect((await observe(one, handle)).phase).not.toBe('running');
      expect((await adapter.list(mark)).filter((listed) => listed.phase === 'running')).toEqual([]);
    });

    it('lists what carries the mark and nothing else', async () => {
      const [mine, theirs] = [await attempt(), await attempt({ mark: `other-${mark}` })];
      const handle = await start(adapter, mine, context(mine, forever()));
      await start(adapter, theirs, context(theirs, forever()));
      await vi.waitFor(async () => expect(await adapter.list(mark)).toEqual([{ key: mine.ref.key, handle, phase: 'running' }]), END);
      expect(await adapter.list('no-such-mark')).toEqual([]);
    });

    it('reads a log by byte offset to its end', async () => {
      const one = await attempt();
      const text = 'first line\nÄ\u{1f600}\nlast';
      const handle = await start(adapter, one, context(one, { stdout: text }));
      await untilEnded(one, handle);
      const bytes = Buffer.from(text);
      let read = Buffer.alloc(0);
      await vi.waitFor(async () => {
        const chunk = await (await another()).readLog(one, handle, 'stdout', read.length, 7);
        expect(chunk.offset).toBe(read.length);
        expect(chunk.bytes.length).toBeLessThanOrEqual(7);
        read = Buffer.concat([read, chunk.bytes]);
        expect(chunk.end).toBe(true);
      }, END);
      expect(read.toString()).toBe(text);
      const past = await adapter.readLog(one, handle, 'stdout', bytes.length + 100, 7);
      expect(past.bytes).toHaveLength(0);
    });

    it('names its further streams as files can be named, says when these are all, and reads each and no other', async () => {
      const one = await attempt();
      const handle = await start(adapter, one, context(one, { stdout: 'x' }));
      await untilEnded(one, handle);
      const foreign = await adapter.readLog(one, handle, 'nobody-9.stdout', 0, 100);
      expect(foreign.bytes).toHaveLength(0);
      if (adapter.streams === undefined) return;
      const { streams } = await vi.waitFor(async () => {
        const all = await adapter.streams!(one, handle);
        expect(all.whole).toBe(true);
        return all;
      }, END);
      expect(await (await another()).streams!(one, handle)).toEqual({ streams, whole: true });
      for (const { name, size } of streams) {
        expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,62}\.std(?:out|err)$/);
        const { bytes, end } = await adapter.readLog(one, handle, name, 0, 64 * 1024);
        if (size !== undefined && end) expect(bytes.length).toBe(size);
      }
      expect(await adapter.streams(await attempt({ prepared: false }), { id: 'never/1' })).toEqual({ streams: [], whole: true });
    });

    it('does not follow the log past what is there while the payload runs', async () => {
      const one = await attempt();
      const release = join(folder, 'release');
      const handle = await start(adapter, one, context(one, { stdout: 'so far', waitFor: release }));
      await vi.waitFor(async () => expect((await adapter.readLog(one, handle, 'stdout', 0, 100)).bytes).toHaveLength(6), END);
      expect(await adapter.readLog(one, handle, 'stdout', 6, 100)).toMatchObject({ offset: 6, end: false });
      await appendFile(release, '');
      expect(await untilEnded(one, handle)).toMatchObject({ final: 'succeeded' });
    });

    it('answers in words, not with an exception or a guess, when the cluster talks nonsense', async () => {
      const one = await attempt();
      const handle = await start(adapter, one, context(one));
      await untilEnded(one, handle);
      if (made.corrupt === undefined) return;
      await made.corrupt(one);
      const seen = await observe(one, handle);
      expect(['not-found', 'unknown']).toContain(seen.phase);
      expect(seen.final).toBeUndefined();
      await start(adapter, one, context(one)).catch(() => undefined);
      await adapter.stop(one, handle, graceful);
      await adapter.clean(one, handle);
      expect(await runs(one)).toBe(1);
    });
  });
}
