// `kill -9` of API, scheduler and worker with many jobs running: how long until all are observed again, and how many began twice.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ended, until, type Stack } from '../stack.ts';
import type { Row } from '../table.ts';

export async function recoveryRow(stack: Stack, jobs: number): Promise<Row> {
  const truth = path.join(stack.data, 'truth');
  const go = path.join(stack.data, 'go');
  const script = `echo "$LONGSHORE_KEY" >> ${truth}\nwhile [ ! -e ${go} ]; do sleep 1; done\n`;
  const created = [];
  for (let i = 0; i < jobs; i++)
    created.push(await stack.api.call('createJob', { body: { spec: { name: 'recover', type: 'shell', config: { script: { inline: script } } } } }));
  for (const job of created)
    await until(
      'all jobs to run',
      async () => ((await stack.api.call('getJob', { params: { id: job.id } })).status === 'RUNNING' ? true : undefined),
      300_000,
      100,
    );
  await stack.crash();
  await writeFile(go, '');
  await stack.restart();
  const back = performance.now();
  await Promise.all(created.map((job) => ended(stack, job.id)));
  const seconds = (performance.now() - back) / 1000;
  const starts = (await readFile(truth, 'utf8')).trim().split('\n');
  const twice = starts.length - new Set(starts).size;
  const heartbeat = 10;
  return {
    measure: `kill -9 with ${jobs} running jobs: restart → all ends seen; begun twice`,
    ours: `${seconds.toFixed(1)} s; ${twice}`,
    peer: `heartbeat timeout ${heartbeat} s`,
    ratio: '—',
    target: `≤ ${heartbeat} + 10 s; 0`,
    met: seconds <= heartbeat + 10 && twice === 0,
  };
}
