// The register of crash points: what the source code calls, found by reading it.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { ClusterName } from '../scenarios.ts';

const SOURCE = path.resolve(import.meta.dirname, '../../../src');

/** Crash points that are met where jobs live on this cluster, sorted: those of an adapter only there, all others on one's own machine. */
export const crashPoints = (cluster: ClusterName): string[] => allCrashPoints().filter((point) => clusterOf(point) === cluster);

function clusterOf(point: string): ClusterName | undefined {
  // Only with Spark, which the clusters of the scenarios have not.
  if (point.startsWith('yarn.spark-submit.')) return undefined;
  return point.startsWith('yarn.') ? 'yarn' : 'local';
}

/** Names of all crash points in src/, sorted. Throws when one is not a literal: it could not be counted. */
function allCrashPoints(): string[] {
  const names = new Set<string>();
  for (const entry of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts') || entry === 'crash-points.ts') continue;
    for (const [, argument = ''] of readFileSync(path.join(SOURCE, entry), 'utf8').matchAll(/\bcrashPoint\(([^)]*)\)/g)) {
      const literal = /^'([a-z0-9.-]+)'$/.exec(argument);
      if (!literal) throw new Error(`src/${entry}: crashPoint(${argument}) must name its point literally`);
      names.add(literal[1]!);
    }
  }
  return [...names].sort();
}
