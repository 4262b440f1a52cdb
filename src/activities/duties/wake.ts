// Wakes jobs that wait because no worker of their group was online: they are not in the queue, so no grant will.
import { WorkflowNotFoundError } from '@temporalio/common';
import { SIGNALS } from '../../specs/messages.ts';
import type { AdmittedMessage } from '../../specs/run.ts';
import { NO_WORKER } from '../admit.ts';
import type { DutyDeps } from '../deps.ts';
import { forEachLimited, startLoop, type Loop } from '../loop.ts';
import { isOnline } from '../worker-choice.ts';

const EVERY_MS = 1_000;
const PAGE = 500;
const AT_ONCE = 16;
/** Rounds after a worker came online: a job that found none a moment ago has its reason written a moment later. */
const ROUNDS = 5;
/** Rounds between two looks in any case. */
const REST = 30;

/** `poke()` after a worker came online. */
export function startWaker({ store, client, logger }: DutyDeps): Loop {
  let left = ROUNDS;
  let rested = 0;
  const round = async (): Promise<void> => {
    if (left === 0 && ++rested < REST) return;
    left = Math.max(0, left - 1);
    rested = 0;
    const online = (await store.workers.list()).filter((worker) => isOnline(worker, Date.now()));
    if (online.length === 0) return;
    const woken = new Set<string>();
    let before: string | undefined;
    do {
      const page = await store.executions.jobs({ status: ['ACCEPTED'] }, { limit: PAGE, ...(before !== undefined && { before }) });
      const waiting = page.filter(({ reason }) => reason !== undefined && online.some(({ group }) => reason.startsWith(`${NO_WORKER} ${group} `)));
      // A run asks again for all of its jobs that wait for a worker.
      const owners = new Set(waiting.map(({ owner }) => owner)).difference(woken);
      await forEachLimited(owners, AT_ONCE, wake);
      for (const owner of owners) woken.add(owner);
      before = page.length === PAGE ? page.at(-1)!.jobId : undefined;
    } while (before !== undefined);
  };

  async function wake(workflowId: string): Promise<void> {
    try {
      await client.workflow.getHandle(workflowId).signal(SIGNALS.admitted, {} satisfies AdmittedMessage);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }

  const loop = startLoop(EVERY_MS, round, (error) => logger.warn({ err: error }, 'waiting jobs cannot be woken'));
  return {
    ...loop,
    poke() {
      left = ROUNDS;
      loop.poke();
    },
  };
}
