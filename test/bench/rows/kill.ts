// A kill while every slot of the worker has work: how long until the payload hears TERM.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ended, until, type Stack } from '../stack.ts';
import { sample, show } from '../sample.ts';
import type { Row } from '../table.ts';

export async function killRow(stack: Stack, jobs: number): Promise<Row> {
  const heard = (index: number): string => path.join(stack.data, `heard-${index}`);
  const script = (index: number): string => `trap 'date +%s%3N > ${heard(index)}; exit 0' TERM\nwhile :; do sleep 0.1; done\n`;
  const created = await Promise.all(
    Array.from({ length: jobs }, (_, i) =>
      stack.api.call('createJob', { body: { spec: { name: 'busy', type: 'shell', config: { script: { inline: script(i) } } } } }),
    ),
  );
  for (const job of created)
    await until(
      'all jobs to run',
      async () => ((await stack.api.call('getJob', { params: { id: job.id } })).status === 'RUNNING' ? true : undefined),
      180_000,
      100,
    );
  const times: number[] = [];
  for (const [index, job] of created.entries()) {
    if (index >= 20) break;
    const asked = Date.now();
    const killed = stack.api.call('killJob', { params: { id: job.id }, body: {} });
    const at = await until(
      'TERM to be heard',
      async () => {
        const text = await readFile(heard(index), 'utf8').catch(() => '');
        return text.endsWith('\n') ? Number(text) : undefined;
      },
      30_000,
      10,
    );
    times.push(at - asked);
    await killed;
  }
  await Promise.all(created.map((job) => stack.api.call('killJob', { params: { id: job.id }, body: { how: 'forced' } })));
  await Promise.all(created.map((job) => ended(stack, job.id)));
  const s = sample(times);
  return {
    measure: `kill with ${jobs} running jobs: request → TERM`,
    ours: show(s, ' ms'),
    peer: '—',
    ratio: '—',
    target: '≤ 1 s',
    met: s.p90 <= 1000,
  };
}
