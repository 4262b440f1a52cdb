// Outlives whoever started a cluster, by moments. When its input ends, however that came about, it kills what still works in the folder, also
// frozen servers and containers that their server left behind, and removes the folder. A first line "now" means that the servers have ended.
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf } from '../helpers/processes.ts';

const GRACE_MS = 8_000;
const [folder = '', nodes = ''] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
let said = '';
for await (const chunk of process.stdin) said += String(chunk);
const end = said.startsWith('now') ? 0 : Date.now() + GRACE_MS;
while (Date.now() < end && processesOf(nodes).length > 0) await sleep(100);
for (let left = processesOf(nodes); left.length > 0; left = processesOf(nodes)) {
  for (const { pid } of left) kill(pid);
  await sleep(50);
}
await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone by itself.
  }
}
