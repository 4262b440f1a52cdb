// What Longshore is measured against: the least that Temporal can do for "run this process, durably".
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './bare.activities.ts';

const { runProcess } = proxyActivities<typeof activities>({ startToCloseTimeout: '1m' });

/** One activity that runs one process. */
export async function bare(argv: string[]): Promise<number> {
  return await runProcess(argv);
}

/** One activity for each step, a layer after the other; those of a layer at once, as far as the worker has slots. */
export async function layers(steps: readonly (readonly string[][])[]): Promise<void> {
  for (const layer of steps) await Promise.all(layer.map((argv) => runProcess(argv)));
}

/** Starts and ends: for the cost of a start alone. */
export async function empty(): Promise<void> {}
