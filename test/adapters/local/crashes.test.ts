// The worker dies at every crash point of the adapter; the next one must converge: one start, a proved stop, a complete clean.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installFaults } from '../../../src/crash-points.ts';
import type { Guard } from '../../../src/crash-points.ts';
import { exportLines } from '../../../src/adapters/local/environment.ts';
import type { Attempt } from '../../../src/adapters/contract.ts';
import { Bench, END, dataFolder, processContext, processesOf } from './fixture.ts';

const CHILD = fileURLToPath(new URL('start-in-child.ts', import.meta.url));
let bench: Bench;
let truth: string;
beforeEach(async () => {
  const data = await dataFolder();
  bench = new Bench(data);
  truth = join(data.path, 'truth');
});
afterEach(async () => bench.close());

/** Runs one verb in a worker of its own that dies at `point`; returns the signal that ended it. */
async function workerDiesAt(point: string, attempt: Attempt, verb = 'start', without = ''): Promise<string | null> {
  const child = spawn(process.execPath, [CHILD, bench.dataDir, attempt.ref.key, truth, point, verb, without], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal;
}
const lines = async (file = truth): Promise<string[]> => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
const payload = () => processContext(['/bin/sh', '-c', 'echo "$LONGSHORE_KEY" >>"$1"; sleep 1000', 'sh', truth]);
const untilRan = (times = 1) => vi.waitFor(async () => expect(await lines()).toHaveLength(times), END);

/** The supervisor alone; its payload makes the truth file. */
function supervisor({ workspace, ref }: Attempt, stdout: 'pipe' | 'ignore'): ChildProcess {
  const script = fileURLToPath(new URL('../../../src/adapters/local/supervisor.sh', import.meta.url));
  const places = [workspace.latchDir, workspace.workDir, workspace.logDir, ref.key, '{}', 'exclusive', ''];
  return spawn('/bin/sh', [script, ...places, '/usr/bin/touch', truth], { stdio: ['pipe', stdout, 'ignore'] });
}

/** Two starts of one attempt that both looked before either acted. */
async function twins(attempt: Attempt): Promise<void> {
  let arrived = 0;
  const gate = async () => {
    arrived++;
    await vi.waitFor(() => expect(arrived).toBe(2), END);
  };
  await Promise.all([1, 2].map(() => bench.adapter.start(attempt, { ...payload(), gate })));
}

describe('the worker is killed in start', () => {
  it.each([
    'local.prepare.before-folders',
    'local.prepare.after-folders',
    'local.start.before-gate',
    'local.start.after-gate',
    'local.start.after-spawn',
    'local.start.after-environment',
    'local.start.after-latch',
  ])('at %s: the next start leads to one payload', async (point) => {
    const attempt = await bench.attempt();
    expect(await workerDiesAt(point, attempt)).toBe('SIGKILL');
    const handle = await bench.adapter.start(attempt, payload());
    await untilRan();
    expect(await bench.observe(attempt, handle)).toMatchObject({ phase: 'running' });
    await bench.adapter.stop(attempt, handle, { force: true, graceMs: 0 });
    expect(await lines()).toEqual([attempt.ref.key]);
  });

  it.each(['local.start.after-environment', 'local.start.after-latch'])('at %s: the payload runs without it', async (point) => {
    const attempt = await bench.attempt();
    await workerDiesAt(point, attempt);
    await untilRan();
    expect(await bench.observe(attempt, await bench.adapter.find(attempt))).toMatchObject({ phase: 'running' });
  });

  it('at local.start.after-spawn: the environment was not sent, so nothing ever runs', async () => {
    const attempt = await bench.attempt();
    await workerDiesAt('local.start.after-spawn', attempt);
    await vi.waitFor(async () => expect(await processesOf(attempt.ref.key, true)).toEqual([]), END);
    expect(await bench.adapter.find(attempt)).toBeUndefined();
    expect(await lines()).toEqual([]);
  });

  it('while it writes the environment: half of one is never run', async () => {
    const attempt = await bench.attempt();
    const text = exportLines(new Map([['A', `'$(touch ${truth})'`]]), attempt.ref.key);
    for (let length = 0; length < text.length; length += 7) {
      const child = supervisor(attempt, 'ignore');
      child.stdin!.end(text.slice(0, length));
      expect(await once(child, 'exit')).toEqual([3, null]);
    }
    await expect(access(truth)).rejects.toThrow('ENOENT');
  });

  it('before it hears that the latch is taken: the payload runs', async () => {
    const attempt = await bench.attempt();
    await mkdir(attempt.workspace.latchDir, { recursive: true });
    const child = supervisor(attempt, 'pipe');
    child.stdout!.destroy();
    child.stdin!.end(exportLines(new Map(), attempt.ref.key));
    expect(await once(child, 'exit')).toEqual([0, null]);
    await access(truth);
  });
});

describe('the worker is killed in stop', () => {
  it.each(['local.stop.before-latch', 'local.stop.after-latch', 'local.stop.after-mark', 'local.stop.after-end'])(
    'at %s: the next stop proves the end',
    async (point) => {
      const attempt = await bench.attempt();
      await bench.adapter.start(attempt, payload());
      await untilRan();
      expect(await workerDiesAt(point, attempt, 'stop')).toBe('SIGKILL');
      const proof = await bench.adapter.stop(attempt, undefined, { force: false, graceMs: 200 });
      expect(proof).toMatchObject({ phase: 'ended', final: 'killed' });
      expect(await processesOf(attempt.ref.key)).toEqual([]);
    },
  );

  it('at local.stop.after-latch of what never started: no start follows', async () => {
    const attempt = await bench.attempt();
    expect(await workerDiesAt('local.stop.after-latch', attempt, 'stop')).toBe('SIGKILL');
    await expect(bench.adapter.start(attempt, payload())).rejects.toMatchObject({ code: 'START_REFUSED' });
  });
});

describe('the worker is killed in clean', () => {
  it.each(['local.clean.before-stop', 'local.clean.before-remove', 'local.clean.after-remove'])(
    'at %s: the next clean completes it',
    async (point) => {
      const attempt = await bench.attempt();
      await bench.adapter.start(attempt, payload());
      await untilRan();
      expect(await workerDiesAt(point, attempt, 'clean')).toBe('SIGKILL');
      await bench.adapter.clean(attempt, undefined);
      expect(await processesOf(attempt.ref.key)).toEqual([]);
      await expect(access(attempt.workspace.dir)).rejects.toThrow('ENOENT');
      await expect(bench.adapter.start(attempt, payload())).resolves.toBeDefined();
      expect(await lines()).toEqual([attempt.ref.key]);
    },
  );
});

describe('a guard that is taken away is missed', () => {
  it('latch: with it, two starts that both passed the gate run once; without it, twice', async () => {
    let without: Guard | undefined;
    installFaults({ crash: () => {}, removed: (guard) => guard === without });
    const [guarded, bare] = [await bench.attempt(), await bench.attempt()];
    await twins(guarded);
    await untilRan(1);
    without = 'latch';
    await twins(bare);
    await untilRan(3);
    without = undefined;
    expect(await lines()).toEqual([guarded.ref.key, bare.ref.key, bare.ref.key]);
  });

  it('find: without it the latch alone still keeps the second worker out', async () => {
    const attempt = await bench.attempt();
    await bench.adapter.start(attempt, payload());
    await untilRan(1);
    await workerDiesAt('none', attempt, 'start', 'find');
    expect(await lines()).toEqual([attempt.ref.key]);
  });

  it('tombstone: a start after a stop is no longer refused', async () => {
    const attempt = await bench.attempt();
    await workerDiesAt('none', attempt, 'stop', 'tombstone');
    await bench.adapter.start(attempt, payload());
    await untilRan(1);
  });
});

it('every crash point of the adapter is in these tests', async () => {
  const attempt = await bench.attempt();
  for (const verb of ['start', 'stop', 'clean']) await workerDiesAt('none', attempt, verb);
  const reached = new Set(await lines(`${truth}.points`));
  const sources = await Promise.all(
    ['adapters/local/start.ts', 'adapters/local/supervisor.ts', 'adapters/local/runtime.ts', 'jobtypes/workspace.ts'].map((file) =>
      readFile(new URL(`../../../src/${file}`, import.meta.url), 'utf8'),
    ),
  );
  const named = sources.flatMap((text) => [...text.matchAll(/crashPoint\('([^']+)'\)/g)].map(([, point]) => point));
  expect(reached).toEqual(new Set(named));
});
