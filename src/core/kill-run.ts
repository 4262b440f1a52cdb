// Kill of a run, of one of its nodes, or of one item: a signal, in history before anything is stopped.
import { randomUUID } from 'node:crypto';
import { nodeJobAddress } from '../specs/identity.ts';
import { RUN_SIGNALS, type ItemId, type RunKillMessage } from '../specs/run.ts';
import { isEnd } from '../specs/status.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import type { RunDetail } from '../store/contract.ts';
import { PHASES, type Phase } from '../workflows/dag/dag.state.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { indexOf } from './run-dag.ts';
import { awaitRunEffect, runEffectSeen, type RunAccepted } from './run-effect.ts';
import { signalRun } from './run-start.ts';

export interface KillRunArgs {
  readonly runId: string;
  readonly node?: string | undefined;
  readonly item?: ItemId | undefined;
  readonly id?: string | undefined;
  readonly reason?: string | undefined;
  readonly how?: 'graceful' | 'forced' | undefined;
}

/** Killing what has ended is done already. `done` means ended, with proof. */
export async function killRun(deps: Deps, caller: Caller, args: KillRunArgs): Promise<RunAccepted> {
  const run = await ownRun(deps, caller, args.runId);
  if (args.item !== undefined && args.node === undefined) throw invalid([fieldError(['node'], 'is required with item')]);
  if (args.node !== undefined) indexOf(await deps.dags.of(run.input.spec), run.runId, args.node);
  const message = killMessage(caller, args);
  // Also when the row shows an end: a rerun may be on its way into it.
  const sent = await signalRun(deps, run, { name: RUN_SIGNALS.kill, message, opens: run.status !== 'FINISH' });
  if (!sent) return runEffectSeen(run, message.id);
  return await awaitRunEffect(deps, run, message, async (since) =>
    args.node === undefined ? since.run.status === 'FINISH' : await hasEnded(deps, run, args.node, args.item),
  );
}

function killMessage(caller: Caller, args: Omit<KillRunArgs, 'runId'>): RunKillMessage & { readonly id: string; readonly by: string } {
  return {
    id: args.id ?? randomUUID(),
    by: byOf(caller),
    ...(args.reason !== undefined && { reason: args.reason }),
    ...(args.node !== undefined && { node: args.node }),
    ...(args.item !== undefined && { item: args.item }),
    ...(args.how !== undefined && { how: args.how }),
  };
}

/** Whether that node, or that item's job, has ended. An item that has not started yet has no job. */
async function hasEnded({ store }: Deps, run: RunDetail, node: string, item: ItemId | undefined): Promise<boolean> {
  if (item !== undefined) {
    const job = await store.executions.byWorkflowId(nodeJobAddress(run.workflowId, node, item));
    return job !== undefined && isEnd(job.status);
  }
  const [row] = await store.runs.nodes(run.runId, [node]);
  return row !== undefined && Object.hasOwn(PHASES, row.phase) && PHASES[row.phase as Phase].end;
}
