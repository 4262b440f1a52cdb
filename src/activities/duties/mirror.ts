// Mirrors to the store what workers announce by their heartbeats.
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { WORKFLOW_TYPES } from '../../specs/messages.ts';
import type { WorkerRow } from '../../store/contract.ts';
import type { DutyDeps } from '../deps.ts';
import { startLoop, type Loop } from '../loop.ts';
import { firstValue } from '../../temporal/payloads.ts';
import { isOnline } from '../worker-choice.ts';

const EVERY_MS = 2_000;
/** While no worker is online, somebody may wait for one. */
const EAGER_MS = 250;
/** PENDING_ACTIVITY_STATE_STARTED. */
const STARTED = 2;

/** `online` is called with each worker that was not online in the round before. */
export function startMirror({ store, client, logger }: DutyDeps, online: (worker: WorkerRow) => void): Loop {
  let before = new Set<string>();
  let mirroredAt = 0;
  const round = async (): Promise<void> => {
    if (before.size > 0 && Date.now() - mirroredAt < EVERY_MS) return;
    mirroredAt = Date.now();
    const query = ['WorkflowType = ', JSON.stringify(WORKFLOW_TYPES.worker), ' AND ExecutionStatus = "Running"'].join('');
    for await (const { workflowId } of client.workflow.list({ query })) {
      // One that cannot be read must not make the others look gone.
      await mirrorOne(workflowId).catch((error: unknown) => logger.warn({ workflowId, err: error }, 'a worker cannot be mirrored'));
    }
    const now = (await store.workers.list()).filter((worker) => isOnline(worker, Date.now()));
    for (const worker of now) if (!before.has(worker.workerId)) online(worker);
    before = new Set(now.map(({ workerId }) => workerId));
  };

  async function mirrorOne(workflowId: string): Promise<void> {
    const announced = await readAnnouncement(client, workflowId).catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      return undefined;
    });
    if (announced !== undefined) return await store.workers.seen(announced);
    // Nobody runs its activity: the worker has drained.
    const known = (await store.workers.list()).find(({ workerId }) => workflowId.endsWith(`:${workerId}`));
    if (known !== undefined && !known.offline) await store.workers.seen({ ...known, offline: true });
  }

  return startLoop(EAGER_MS, round, (error) => logger.warn({ err: error }, 'workers cannot be mirrored'));
}

/** The last heartbeat, by the clock of Temporal; undefined while the activity is not running. */
async function readAnnouncement(client: Client, workflowId: string): Promise<WorkerRow | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const pending = raw.pendingActivities?.find(({ state }) => Number(state) === STARTED);
  const row = await firstValue<WorkerRow>(client, pending?.heartbeatDetails?.payloads);
  if (row === undefined || pending?.lastHeartbeatTime == null) return undefined;
  const seenAt = new Date(Number(pending.lastHeartbeatTime.seconds) * 1_000 + (pending.lastHeartbeatTime.nanos ?? 0) / 1e6).toISOString();
  return { ...row, seenAt };
}
