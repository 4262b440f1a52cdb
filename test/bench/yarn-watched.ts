// The process whose cost of watching is measured: the adapter, asked for all of so many running applications, a tick after the other.
// argv: address of the stub's ResourceManager, number of applications, ticks, and a file with their ids and keys as JSON.
import { readFile } from 'node:fs/promises';
import type { Attempt } from '../../src/adapters/contract.ts';
import { yarn } from '../../src/adapters/yarn/index.ts';
import { jobSpecSchema } from '../../src/specs/job.schema.ts';
import { workspacePaths } from '../../src/jobtypes/workspace.ts';

const [rm = '', ticks = '', file = ''] = process.argv.slice(2);
const { mark, apps } = JSON.parse(await readFile(file, 'utf8')) as { mark: string; apps: { id: string; key: string }[] };
const cluster = {
  name: 'yarn',
  type: 'yarn',
  version: 1,
  workers: 'default',
  config: { resourceManagers: [rm], staging: 'file:///nowhere' },
  engines: {},
};
const adapter = await yarn.create(cluster, { workerId: 'w1', dataDir: '/nowhere' });
const spec = jobSpecSchema.parse({ name: 'watched', type: 'shell', cluster: 'yarn' });
const asked = apps.map(({ id, key }) => {
  const ref = { key, mark, id, app: 'bench', jobId: '1', workflowId: 'job:bench:1', firstRunId: 'run', attempt: 1 };
  const attempt: Attempt = { ref, spec, cluster, workspace: workspacePaths('/nowhere', key) };
  return { attempt, handle: { id, user: 'alice' } };
});
const wall: number[] = [];
const cpu: number[] = [];
for (let tick = 0; tick < Number(ticks); tick++) {
  const [began, used] = [performance.now(), process.cpuUsage()];
  const seen = await adapter.describe(asked);
  if (seen.some((one) => one?.phase !== 'running')) throw new Error('an application was not seen running');
  const { user, system } = process.cpuUsage(used);
  wall.push(performance.now() - began);
  cpu.push((user + system) / 1_000);
}
console.log(JSON.stringify({ wall, cpu, peak: process.resourceUsage().maxRSS * 1024 }));
await adapter.close?.();
