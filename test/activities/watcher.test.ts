// The watcher against clusters that misbehave and a Temporal that is away: what it tells, and that it never dies.
import { ActivityCancelledError, ActivityNotFoundError } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { Mask } from '../../src/activities/mask.ts';
import { StepError } from '../../src/specs/errors.ts';
import { RUNNING, clusterOf, drainWatchers, job, temporal, watcherFor } from './watching.ts';

afterEach(drainWatchers);

describe('the watcher', () => {
  it('asks once for all jobs of a cluster and tells only the workflows that must hear', async () => {
    const { tokens, completed } = temporal();
    const cluster = clusterOf((asked) =>
      asked.map(({ handle }) => (handle.id === 'b' ? { ...RUNNING, phase: 'ended', final: 'failed', exitCode: 3 } : RUNNING)),
    );
    const watcher = watcherFor(tokens);
    for (const id of ['a', 'b', 'c']) watcher.register(job(cluster, id));
    await expect.poll(() => completed.get('b')).toMatchObject({ observation: { phase: 'ended', final: 'failed', exitCode: 3 } });
    expect([...completed.keys()]).toEqual(['b']);
    expect(watcher.hostJobs()).toBe(2);
  });

  it('survives hostile answers and takes what it does not know for unknown', async () => {
    const { tokens, completed } = temporal();
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
      },
    );
    const answers: Record<string, unknown> = {
      null: null,
      text: 'running',
      phase: { phase: '<script>', observedAt: 'yesterday' },
      final: { phase: 'ended', final: 'great', observedAt: 'x' },
      trap,
      huge: { phase: 'ended', final: 'failed', message: 'm'.repeat(1e6), detail: { x: 'y'.repeat(1e6) }, trackingUrl: 'javascript:alert(1)' },
      missing: undefined,
      secret: { phase: 'ended', final: 'failed', message: 'password is hunter2\n\u001b[31m' },
    };
    const cluster = clusterOf((asked) => asked.map(({ handle }) => answers[handle.id]));
    const watcher = watcherFor(tokens);
    for (const id of Object.keys(answers)) watcher.register(job(cluster, id, { mask: new Mask(['hunter2']) }));
    await expect.poll(() => completed.size).toBe(7);
    for (const id of ['null', 'text', 'phase', 'final', 'trap']) expect(completed.get(id)?.observation.phase).toBe('unknown');
    const huge = completed.get('huge')!.observation;
    expect(huge).toMatchObject({ phase: 'ended', final: 'failed' });
    expect(huge.trackingUrl).toBeUndefined();
    expect(JSON.stringify(huge).length).toBeLessThan(3_000);
    expect(completed.get('secret')!.observation.message).toBe('password is *** [31m');
    expect(completed.has('missing')).toBe(false);
  });

  it('shows a job as stale when its cluster is silent, and takes that back with the first answer', async () => {
    const { tokens, completed } = temporal();
    let down = true;
    const cluster = clusterOf((asked) => {
      if (down) throw new Error('connection refused');
      return asked.map(() => RUNNING);
    });
    const watcher = watcherFor(tokens, 100);
    watcher.register(job(cluster, 'first'));
    await expect.poll(() => completed.get('first')?.staleSince).toMatch(/^20/);
    watcher.register(job(cluster, 'again'));
    await expect.poll(() => cluster.calls).toBeGreaterThan(5);
    expect(completed.get('first')!.observation).toEqual(RUNNING);
    down = false;
    await expect.poll(() => completed.has('again')).toBe(true);
  });

  it.each([
    ['leaves it out', (asked: readonly { handle: { id: string } }[]) => asked.map(({ handle }) => (handle.id === 'left-out' ? undefined : RUNNING))],
    ['answers with no list', () => ({ length: 1, 0: RUNNING })],
  ])('shows a job as stale when its cluster %s, at growing intervals', async (_, answer) => {
    const { tokens, completed } = temporal();
    const cluster = clusterOf(answer);
    const watcher = watcherFor(tokens, 100);
    watcher.register(job(cluster, 'left-out'));
    await expect.poll(() => completed.get('left-out')?.staleSince).toMatch(/^20/);
    const since = completed.get('left-out')!.staleSince!;
    completed.clear();
    await expect.poll(() => Date.now() - Date.parse(since)).toBeGreaterThan(400);
    const again = Date.now();
    watcher.register(job(cluster, 'left-out'));
    await expect.poll(() => completed.get('left-out')?.staleSince).toBe(since);
    expect(Date.now() - again).toBeGreaterThan(390);
  });

  it('does not take a job for silent because another one is left out', async () => {
    const { tokens, completed } = temporal();
    const cluster = clusterOf((asked) => asked.map(({ handle }) => (handle.id === 'a' ? undefined : RUNNING)));
    const watcher = watcherFor(tokens, 50);
    for (const id of ['a', 'b']) watcher.register(job(cluster, id));
    await expect.poll(() => completed.has('a')).toBe(true);
    await expect.poll(() => cluster.calls).toBeGreaterThan(10);
    expect(completed.has('b')).toBe(false);
  });

  it('bounds what a failed Check says, whatever it is', async () => {
    const { tokens, completed } = temporal();
    const cluster = clusterOf((asked) => asked.map(() => RUNNING));
    const watcher = watcherFor(tokens);
    const reasons = { huge: 'x'.repeat(1e6), odd: { unhealthy: true } };
    for (const [id, reason] of Object.entries(reasons))
      watcher.register(job(cluster, id, { check: { everyMs: 1, run: async () => reason as string } }));
    await expect.poll(() => completed.size).toBe(2);
    expect(completed.get('huge')!.checkFailed).toHaveLength(1_000);
    expect(completed.get('odd')!.checkFailed).toBe('the check failed with a reason that is not a text');
  });

  it('gives a job back whose news Temporal refuses while it takes heartbeats', async () => {
    const { tokens, failed } = temporal({
      complete: () => {
        throw new Error('INVALID_ARGUMENT');
      },
    });
    watcherFor(tokens).register(
      job(
        clusterOf((asked) => asked.map(() => ({ ...RUNNING, phase: 'ended', final: 'succeeded' }))),
        'a',
      ),
    );
    await expect.poll(() => failed).toEqual(['a']);
  });

  it('hides secrets in a detail without breaking it', async () => {
    const { tokens, completed } = temporal();
    const told = { port: 5432, ports: [54321, 80], note: 'to 5432', 'key 5432': true };
    const cluster = clusterOf((asked) => asked.map(() => ({ phase: 'ended', final: 'succeeded', detail: told, trackingUrl: 'http://h:5432/' })));
    watcherFor(tokens).register(job(cluster, 'a', { mask: new Mask(['5432']) }));
    await expect.poll(() => completed.get('a')?.observation).toMatchObject({ phase: 'ended', final: 'succeeded' });
    const { detail, trackingUrl } = completed.get('a')!.observation;
    expect(detail).toEqual({ port: '***', ports: ['***1', 80], note: 'to ***', 'key ***': true });
    expect(trackingUrl).toBeUndefined();
  });

  it('tells again what Temporal could not hear, and drops what Temporal does not know', async () => {
    let away = 3;
    const { tokens, completed } = temporal({
      complete: () => {
        if (away-- > 0) throw new Error('UNAVAILABLE');
      },
    });
    const ended = clusterOf((asked) => asked.map(() => ({ ...RUNNING, phase: 'ended', final: 'succeeded' })));
    watcherFor(tokens).register(job(ended, 'a'));
    await expect.poll(() => completed.has('a')).toBe(true);
    expect(away).toBeLessThan(0);

    const gone = temporal({
      complete: () => {
        throw new ActivityNotFoundError('gone');
      },
    });
    const dropping = watcherFor(gone.tokens);
    dropping.register(job(ended, 'b'));
    await expect.poll(() => dropping.hostJobs()).toBe(0);
  });

  it('learns of a cancel from the answer to a heartbeat and reports it', async () => {
    const { tokens, cancelled } = temporal({
      heartbeat: () => {
        throw new ActivityCancelledError('cancel');
      },
    });
    const watcher = watcherFor(tokens);
    watcher.register(
      job(
        clusterOf((asked) => asked.map(() => RUNNING)),
        'a',
      ),
    );
    await expect.poll(() => cancelled).toEqual(['a']);
    expect(watcher.hostJobs()).toBe(0);
  });

  it('shows handle, progress and tracking address in its heartbeats', async () => {
    const { tokens, beats } = temporal();
    const cluster = clusterOf((asked) => asked.map(() => ({ ...RUNNING, progress: '40 %', trackingUrl: 'https://rm.example/app_1' })));
    watcherFor(tokens).register(job(cluster, 'app_1', { heartbeatTimeoutMs: 1_000 }));
    await expect
      .poll(() => beats.get('app_1'))
      .toEqual({ handle: 'app_1', phase: 'running', progress: '40 %', trackingUrl: 'https://rm.example/app_1' });
  });

  it('runs the Check at its interval and tells of the reason when it fails', async () => {
    const { tokens, completed } = temporal();
    const cluster = clusterOf((asked) => asked.map(() => RUNNING));
    let checks = 0;
    const check = { everyMs: 50, run: async () => (++checks === 2 ? 'no heartbeat for 10 min' : undefined) };
    const watcher = watcherFor(tokens);
    watcher.register(job(cluster, 'a', { check }));
    watcher.register(job(cluster, 'b', { check: { everyMs: 50, run: () => Promise.reject(new StepError('CHECK_FAILED', 'the hook threw')) } }));
    await expect.poll(() => completed.get('a')?.checkFailed).toBe('no heartbeat for 10 min');
    await expect.poll(() => completed.get('b')?.checkFailed).toBe('the hook threw');
  });

  it('lets a newer try of an activity replace the older one', async () => {
    const { tokens, completed } = temporal();
    let end = false;
    const cluster = clusterOf((asked) => asked.map(() => (end ? { ...RUNNING, phase: 'ended', final: 'succeeded' } : RUNNING)));
    const watcher = watcherFor(tokens);
    watcher.register(job(cluster, 'try-1', { id: 'activity' }));
    watcher.register(job(cluster, 'try-2', { id: 'activity' }));
    expect(watcher.hostJobs()).toBe(1);
    end = true;
    await expect.poll(() => completed.has('try-2')).toBe(true);
    expect(completed.has('try-1')).toBe(false);
  });

  it('gives everything back when it drains and takes nothing more', async () => {
    const { tokens, failed } = temporal();
    const cluster = clusterOf((asked) => asked.map(() => RUNNING));
    const watcher = watcherFor(tokens);
    for (const id of ['a', 'b']) watcher.register(job(cluster, id));
    await watcher.drain();
    expect(failed.sort()).toEqual(['a', 'b']);
    expect(() => watcher.register(job(cluster, 'c'))).toThrow(/drains/);
  });

  it('watches ten thousand jobs with one request a tick, and tells of a change that the next one shows', async () => {
    let calls = 0;
    const { tokens, completed } = temporal({ complete: () => void (calls = cluster.calls) });
    let ended = '';
    let shownBy = 0;
    const cluster = clusterOf((asked) => {
      if (ended !== '') shownBy ||= cluster.calls;
      return asked.map(({ handle }) => (handle.id === ended ? { ...RUNNING, phase: 'ended', final: 'succeeded' } : RUNNING));
    });
    const watcher = watcherFor(tokens);
    for (let i = 0; i < 10_000; i++) watcher.register(job(cluster, `job-${i}`));
    await expect.poll(() => cluster.calls).toBeGreaterThan(2);
    ended = 'job-7777';
    await expect.poll(() => completed.has(ended)).toBe(true);
    expect(calls).toBe(shownBy);
    expect(completed.size).toBe(1);
  });
});
