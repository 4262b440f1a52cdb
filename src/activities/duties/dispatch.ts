// Grants waiting leases and tells the workflows that own them, by key, again and again until each has been taken.
import { WorkflowNotFoundError } from '@temporalio/common';
import { crashPoint } from '../../crash-points.ts';
import { SIGNALS } from '../../specs/messages.ts';
import type { AdmittedMessage } from '../../specs/run.ts';
import type { DutyDeps } from '../deps.ts';
import { forEachLimited, startLoop, type Loop } from '../loop.ts';

const EVERY_MS = 500;
const AT_ONCE = 16;
/** A grant is told again after so long, then after twice that …: each signal is an event in the job's history. */
const AGAIN_MS = { first: 2_000, most: 60_000 };

export function startDispatcher({ store, client, logger }: DutyDeps): Loop {
  let told = new Map<string, { nextAt: number; waitMs: number }>();
  const round = async (): Promise<void> => {
    const untaken = await store.admission.grant(new Date().toISOString());
    const now = Date.now();
    // What has been taken meanwhile is forgotten.
    told = new Map(untaken.flatMap(({ key }) => (told.has(key) ? [[key, told.get(key)!]] : [])));
    const due = untaken.filter(({ key }) => (told.get(key)?.nextAt ?? 0) <= now);
    await forEachLimited(due, AT_ONCE, async ({ key, workflowId }) => {
      const waitMs = Math.min((told.get(key)?.waitMs ?? AGAIN_MS.first / 2) * 2, AGAIN_MS.most);
      told.set(key, { nextAt: now + waitMs, waitMs });
      try {
        crashPoint('dispatch.before-signal');
        await client.workflow.getHandle(workflowId).signal(SIGNALS.admitted, { key } satisfies AdmittedMessage);
        crashPoint('dispatch.after-signal');
      } catch (error) {
        // The owner of this lease is closed; the sweep frees it.
        if (!(error instanceof WorkflowNotFoundError)) logger.warn({ workflowId, err: error }, 'a job could not be told of its grant');
      }
    });
  };
  return startLoop(EVERY_MS, round, (error) => logger.warn({ err: error }, 'no grants this time'));
}
