// A secret may be changed while a job that got the old value goes on: then nobody can hide the old one, and no log may be stored.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hiding, noteGiven } from '../../src/activities/hiding.ts';
import type { LifecycleDeps } from '../../src/activities/container.ts';
import { yarn } from '../../src/adapters/yarn/index.ts';
import { Bench } from '../adapters/yarn/fixture.ts';

let bench: Bench;
beforeEach(async () => void (bench = await Bench.start()));
afterEach(() => bench.close());

it.each([
  ['the same', 'old', undefined],
  ['changed', 'new', 'they were changed since the job got them'],
])('on another worker than the one that started a YARN job, with values that are %s', async (_what, now, alarm) => {
  const attempt = await bench.attempt({ secrets: { PASSWORD: 'warehouse' } });
  await noteGiven(bench.adapter, attempt, new Map([['PASSWORD', 'old']]));
  const adapter = await bench.another();
  const deps = {
    config: { worker: { secrets: [{ name: 'warehouse', apps: '*', env: 'WAREHOUSE' }] } },
    environment: () => now,
    host: { workerId: 'w2', dataDir: bench.dataDir },
    clusters: { get: async () => ({ record: bench.cluster, type: yarn, adapter }) },
  } as unknown as LifecycleDeps;
  const hidden = await hiding(deps, { attempt: attempt.ref, spec: attempt.spec, cluster: bench.cluster });
  if (alarm === undefined) expect(hidden.mask.text('it is old')).toBe('it is ***');
  else expect(hidden.alarm).toContain(alarm);
});

it('what is noted holds no value, and goes with the files of the attempt', async () => {
  const attempt = await bench.attempt();
  await noteGiven(bench.adapter, attempt, new Map([['PASSWORD', 'correct-horse']]));
  expect(await bench.adapter.kept!(attempt)).toMatch(/^[0-9a-f]{32} [0-9a-f]{64}\n$/);
  await bench.adapter.clean(attempt, undefined);
  expect(await bench.adapter.kept!(attempt)).toBeUndefined();
});
