// Tells backfills that a job or run of theirs has ended; and looks after those that should have looked by themselves: whoever created one died
// before Temporal knew it, or somebody has terminated its workflow.
import { backfillStart, BACKFILL_SIGNALS } from '../../specs/backfill.ts';
import { WORKFLOW_TYPES } from '../../specs/messages.ts';
import type { SchedulerDeps } from '../deps.ts';
import { forEachLimited, startLoop, type Loop } from '../loop.ts';

const EVERY_MS = 500;
const MOST = 200;
const AT_ONCE = 8;
const LATE_MS = 30_000;
/** A wake-up is told again after so long, then after twice that …: each signal is an event in the history. */
const AGAIN_MS = { first: 2_000, most: 60_000 };

export function startBackfillWaker({ store, client, logger }: Pick<SchedulerDeps, 'store' | 'client' | 'logger'>): Loop {
  let told = new Map<string, { nextAt: number; waitMs: number }>();
  const round = async (): Promise<void> => {
    const now = Date.now();
    const wakeable = await store.backfills.wakeable(new Date(now - LATE_MS).toISOString(), MOST);
    told = new Map(wakeable.flatMap(({ id }) => (told.has(id) ? [[id, told.get(id)!]] : [])));
    const due = wakeable.filter(({ id }) => (told.get(id)?.nextAt ?? 0) <= now);
    await forEachLimited(due, AT_ONCE, async (ref) => {
      const waitMs = Math.min((told.get(ref.id)?.waitMs ?? AGAIN_MS.first / 2) * 2, AGAIN_MS.most);
      told.set(ref.id, { nextAt: now + waitMs, waitMs });
      await client.workflow.signalWithStart(WORKFLOW_TYPES.backfill, { ...backfillStart(ref), signal: BACKFILL_SIGNALS.wake });
    });
  };
  return startLoop(EVERY_MS, round, (error) => logger.warn({ err: error }, 'backfills cannot be woken'));
}
