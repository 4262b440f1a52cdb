// How soon the watcher of ten thousand jobs tells that one has ended. Alone on the machine.
import { afterEach, expect, it } from 'vitest';
import { RUNNING, clusterOf, drainWatchers, job, temporal, watcherFor } from './watching.ts';

afterEach(drainWatchers);

it('of ten thousand jobs, the end of one is told within two seconds', async () => {
  const { tokens, completed } = temporal();
  let ended = '';
  const cluster = clusterOf((asked) =>
    asked.map(({ handle }) => (handle.id === ended ? { ...RUNNING, phase: 'ended', final: 'succeeded' } : RUNNING)),
  );
  const watcher = watcherFor(tokens);
  for (let i = 0; i < 10_000; i++) watcher.register(job(cluster, `job-${i}`));
  await expect.poll(() => cluster.calls).toBeGreaterThan(2);
  ended = 'job-7777';
  await expect.poll(() => completed.has(ended), { timeout: 2_000 }).toBe(true);
});
