// What people see of backfills: tables, a plan, and how one goes on.
import { setTimeout as delay } from 'node:timers/promises';
import type { BackfillCycleView, BackfillPlan, BackfillView } from '../specs/backfill-views.schema.ts';
import type { Context } from './context.ts';
import { EXIT } from './failure.ts';
import type { Column } from './output.ts';

const EVERY_MS = 500;

const total = ({ counts }: BackfillView): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
const ended = (view: BackfillView): number => total(view) - view.counts.waiting - view.counts.started;

export const backfillColumns: Column<BackfillView>[] = [
  { title: 'ID', value: (backfill) => backfill.id },
  { title: 'NAME', value: (backfill) => backfill.name },
  { title: 'STATE', value: (backfill) => backfill.state },
  { title: 'FROM', value: (backfill) => backfill.from },
  { title: 'UNTIL', value: (backfill) => backfill.until },
  { title: 'CYCLES', value: total },
  { title: 'WAITING', value: ({ counts }) => counts.waiting },
  { title: 'RUNNING', value: ({ counts }) => counts.started },
  { title: 'SUCCEEDED', value: ({ counts }) => counts.succeeded },
  { title: 'FAILED', value: ({ counts }) => counts.failed + counts.refused },
  { title: 'SKIPPED', value: ({ counts }) => counts.skipped },
  { title: 'REASON', value: (backfill) => backfill.reason },
];

export const backfillCycleColumns: Column<BackfillCycleView>[] = [
  { title: 'NAME', value: (cycle) => cycle.name },
  { title: 'CYCLE', value: (cycle) => cycle.cycle },
  { title: 'PLANNED', value: (cycle) => `${cycle.planned} ${cycle.zone}` },
  { title: 'DATA DATE', value: (cycle) => cycle.dataDate },
  { title: 'STATE', value: (cycle) => cycle.state },
  { title: 'ACTION', value: (cycle) => cycle.action },
  { title: 'JOB/RUN', value: (cycle) => cycle.job ?? cycle.run },
  { title: 'STATUS', value: (cycle) => cycle.status },
  { title: 'REASON', value: (cycle) => cycle.reason },
];

const planColumns: Column<BackfillPlan['cycles'][number]>[] = [
  { title: 'NAME', value: (cycle) => cycle.name },
  { title: 'CYCLE', value: (cycle) => cycle.cycle },
  { title: 'PLANNED', value: (cycle) => `${cycle.planned} ${cycle.zone}` },
  { title: 'DATA DATE', value: (cycle) => cycle.dataDate },
  { title: 'WOULD', value: (cycle) => cycle.does },
  { title: 'JOB/RUN', value: (cycle) => cycle.job ?? cycle.run },
  { title: 'STATUS', value: (cycle) => cycle.status },
  { title: 'REASON', value: (cycle) => cycle.reason },
];

/** What a backfill would do. */
export function planPage({ out, note }: Context, plan: BackfillPlan): void {
  out.list(plan, plan.cycles, planColumns);
  if (out.format !== 'table') return;
  const { start, rerun, skip } = plan.counts;
  note(`${plan.left > 0 ? `… and ${plan.left} more. ` : ''}Would start ${start}, rerun ${rerun}, skip ${skip}. Nothing was done.`);
}

/** A line on stderr for each change, until it has ended; returns the exit code. The first Ctrl-C detaches: it goes on. */
export async function followBackfill(context: Context, first: BackfillView): Promise<number> {
  const { client, out, note } = context;
  const detach = new AbortController();
  const interrupt = (): void => detach.abort();
  process.once('SIGINT', interrupt);
  try {
    let told = '';
    for (let view = first; ; view = await client.call('getBackfill', { params: { id: first.id } })) {
      const { state, counts, reason } = view;
      const line = `backfill ${view.id}  ${state}  ${ended(view)} of ${total(view)}: ${counts.succeeded} succeeded, ${counts.failed + counts.refused} failed, ${counts.skipped} skipped, ${counts.started} running`;
      if (line !== told) note(`${line}${reason === undefined ? '' : `  ${reason}`}`);
      told = line;
      if (view.endedAt !== undefined) {
        if (out.format !== 'table') out.document(view);
        return state === 'SUCCEED' ? EXIT.ok : EXIT.jobFailed;
      }
      await delay(EVERY_MS, undefined, { signal: detach.signal });
    }
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    note(`\nDetached: backfill ${first.id} goes on.\n  look     longshore backfill get ${first.id}\n  stop it  longshore backfill kill ${first.id}`);
    return EXIT.interrupted;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
