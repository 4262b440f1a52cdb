// Sees to it that each cluster, and each worker's machine, has its sweep.
import { DUTY_IDS, QUEUES } from '../../specs/identity.ts';
import { WORKFLOW_TYPES } from '../../specs/messages.ts';
import { hasCode } from '../../specs/errors.ts';
import { durationMs } from '../../specs/units.ts';
import type { SweepTarget } from '../../specs/activities.ts';
import type { DutyDeps } from '../deps.ts';
import { startLoop, type Loop } from '../loop.ts';

const EVERY_MS = 60_000;
const PAGE = 200;
/** A machine that has not been heard of for so long is not asked any more. */
const FORGET_MS = 30 * 24 * 3_600_000;

/** `poke()` when there is a new worker. */
export function startSweeps({ store, client, adapters, config, logger }: DutyDeps): Loop {
  const everyMs = durationMs(config.timings.sweepEvery);

  async function ensure(workflowId: string, target: SweepTarget): Promise<void> {
    await client.workflow.start(WORKFLOW_TYPES.sweep, {
      workflowId,
      taskQueue: QUEUES.scheduler,
      args: [{ ...target, everyMs }],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
  }

  async function ensureFor(cluster: string, type: string): Promise<void> {
    if (!adapters.get(type).hostBound) return await ensure(DUTY_IDS.sweepCluster(cluster), { cluster });
    for (const { workerId, seenAt } of await store.workers.list()) {
      // One machine may carry the jobs of several clusters.
      const id = `${DUTY_IDS.sweepHost(workerId)}/${cluster}`;
      if (Date.now() - Date.parse(seenAt) < FORGET_MS) await ensure(id, { cluster, workerId });
    }
  }

  const round = async (): Promise<void> => {
    let after: string | undefined;
    do {
      const page = await store.definitions.list('Cluster', undefined, { limit: PAGE, ...(after !== undefined && { after }) });
      for (const { name, spec } of page) {
        try {
          await ensureFor(name, spec['type'] as string);
        } catch (error) {
          if (!hasCode(error, 'UNKNOWN_TYPE')) throw error;
          logger.warn({ cluster: name }, 'the cluster cannot be swept: this process does not know its type');
        }
      }
      after = page.length === PAGE ? page.at(-1)!.name : undefined;
    } while (after !== undefined);
  };
  return startLoop(EVERY_MS, round, (error) => logger.warn({ err: error }, 'sweeps cannot be started'));
}
