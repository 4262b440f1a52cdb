// Manual failover between two ResourceManagers, by YARN's own tool: it needs no ZooKeeper.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { quickStart, type Java, type Server } from './server.ts';

/** Makes rm1 or rm2 active, after the other has become standby if it can still be told so. */
export async function makeActive(java: Java, confDir: string, { to, other }: { to: 0 | 1; other: Server }): Promise<void> {
  const [wanted, left] = to === 0 ? ['rm1', 'rm2'] : ['rm2', 'rm1'];
  if (other.lives && !other.isFrozen) await rmAdmin(java, confDir, '-transitionToStandby', left);
  await rmAdmin(java, confDir, '-transitionToActive', '--forceactive', wanted);
}

async function rmAdmin(java: Java, confDir: string, ...args: string[]): Promise<void> {
  const { archive: _, ...fresh } = java;
  const flags = [...quickStart(fresh), '-cp', `${confDir}:${java.classpath}`, 'org.apache.hadoop.yarn.client.cli.RMAdminCLI', ...args];
  const asked = promisify(execFile)(join(java.home, 'bin', 'java'), flags);
  // It asks "Are you sure?" about a forced change.
  asked.child.stdin!.end('Y\n');
  await asked;
}
