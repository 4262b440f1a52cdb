// All scenarios of a cluster, by the names of their files.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Scenario } from './scenario.ts';

const FOLDER = path.join(import.meta.dirname, 'scenarios');

/** Where the jobs of a scenario live. */
export const CLUSTERS = ['local', 'yarn'] as const;
export type ClusterName = (typeof CLUSTERS)[number];

/** Names of those elsewhere than on the worker begin with the cluster's. */
export async function scenarios(cluster: ClusterName): Promise<Map<string, Scenario>> {
  const folder = cluster === 'local' ? FOLDER : path.join(FOLDER, cluster);
  const prefix = cluster === 'local' ? '' : `${cluster}-`;
  const all = new Map<string, Scenario>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ts')) continue;
    const module = (await import(path.join(folder, file))) as { default: Scenario };
    all.set(prefix + path.basename(file, '.ts'), module.default);
  }
  return all;
}
