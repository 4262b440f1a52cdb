import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createClusters } from '../../src/activities/clusters.ts';
import type { AdapterType } from '../../src/adapters/contract.ts';

it('keeps the adapter of every version open that a job may use, and closes all of them at the end', async () => {
  const closed: number[] = [];
  let created = 0;
  const type = {
    type: 'counting',
    create: async ({ version }: { version: number }) => {
      created++;
      if (version === 13) throw new Error('not reachable now');
      return {
        close: async () => {
          closed.push(version);
          if (version === 2) throw new Error('it hangs');
        },
      };
    },
  } as unknown as AdapterType;
  const clusters = createClusters({ get: () => type }, { workerId: 'w1', dataDir: '/nowhere' }, pino({ level: 'silent' }));
  const get = (version: number) => clusters.get({ name: 'c', type: 'counting', version, workers: 'w', config: {}, engines: {} });
  const first = await get(2);
  for (const version of [3, 4, 5, 1]) await get(version);
  expect(await get(2)).toBe(first);
  expect(await get(1)).toBe(await get(1));
  expect(closed).toEqual([]);
  expect(created).toBe(5);
  for (let tries = 1; tries <= 2; tries++) await expect(get(13)).rejects.toThrow('not reachable now');
  expect(created).toBe(7);
  await clusters.close();
  expect(new Set(closed)).toEqual(new Set([1, 2, 3, 4, 5]));
});
