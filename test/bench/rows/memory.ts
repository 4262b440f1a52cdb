// Resident memory of an idle `longshore up`, all processes.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '../stack.ts';
import type { Row } from '../table.ts';

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

export async function memoryRow(stack: Stack): Promise<Row> {
  await delay(15_000); // Idle is a state of time: nothing has been asked for a while.
  const each = await Promise.all((await stack.pids()).map(residentMb));
  const total = each.reduce((sum, mb) => sum + mb, 0);
  return {
    measure: 'idle `longshore up`, all processes',
    ours: `${total.toFixed(0)} MB`,
    peer: each.map((mb) => `${mb.toFixed(0)} MB`).join(' + '),
    ratio: '—',
    target: '≤ 400 MB',
    met: total <= 400,
  };
}
