// What Longshore is measured against: the least that Temporal can do for "run this process, durably".
import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './bare.activities.ts';

const { runProcess } = proxyActivities<typeof activities>({ startToCloseTimeout: '1m' });

/** One activity that runs one process. */
export async function bare(argv: string[]): Promise<number> {
  return await runProcess(argv);
}

/** Starts and ends: for the cost of a start alone. */
export async function empty(): Promise<void> {}
