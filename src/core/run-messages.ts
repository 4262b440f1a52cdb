// What people do to a run beside kill and rerun: each is a signal, applied once by its id, and most callers see the effect at once.
import { randomUUID } from 'node:crypto';
import { LongshoreError } from '../specs/errors.ts';
import { RUN_SIGNALS, type RunEvent } from '../specs/run.ts';
import type { RunDetail } from '../store/contract.ts';
import { wasApplied } from './applied.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { indexOf } from './run-dag.ts';
import { awaitRunEffect, runEffectSeen, type RunAccepted } from './run-effect.ts';
import { signalRun } from './run-start.ts';

interface MessageArgs {
  readonly runId: string;
  readonly id?: string | undefined;
  readonly reason?: string | undefined;
}
export interface NodeMessageArgs extends MessageArgs {
  readonly node: string;
}
export interface MarkNodeArgs extends NodeMessageArgs {
  readonly as: 'succeeded' | 'failed' | 'skipped';
}
export interface ApproveNodeArgs extends NodeMessageArgs {
  /** Default: true. */
  readonly approved?: boolean | undefined;
}
export interface SignalRunArgs extends MessageArgs {
  readonly name: string;
}

/** One row: the signal, the event that tells that it was taken, and whether it means something to a run that has ended. */
interface Kind {
  readonly signal: keyof typeof RUN_SIGNALS;
  readonly tells: RunEvent['type'];
  readonly opens?: true;
}

/** A use case that sends such a message. `fields` is what it says besides who and why. */
function message<Args extends MessageArgs>({ signal, tells, opens }: Kind, fields: (args: Args) => object) {
  return async (deps: Deps, caller: Caller, args: Args): Promise<RunAccepted> => {
    const run = await ownRun(deps, caller, args.runId);
    if ('node' in args) indexOf(await deps.dags.of(run.input.spec), run.runId, String(args.node));
    const sent = {
      id: args.id ?? randomUUID(),
      by: byOf(caller),
      ...(args.reason !== undefined && { reason: args.reason }),
      ...fields(args),
    };
    if (run.status === 'FINISH' && opens !== true) return await refusedAtEnd(deps, run, args.id);
    if (!(await signalRun(deps, run, { name: RUN_SIGNALS[signal], message: sent, opens: true }))) return runEffectSeen(run);
    return await awaitRunEffect(deps, run, sent, ({ events }) => events.some((event) => event.type === tells && event.by === sent.by));
  };
}

/** A repetition of a message that the run has taken before it ended is answered as before. */
async function refusedAtEnd(deps: Deps, run: RunDetail, id: string | undefined): Promise<RunAccepted> {
  if (await wasApplied(deps, run.workflowId, id)) return runEffectSeen(run);
  throw new LongshoreError('CONFLICT', `Run ${run.runId} has ended as ${run.outcome}.`);
}

const ofNode = ({ node }: NodeMessageArgs): object => ({ node });

export const markNode = message<MarkNodeArgs>({ signal: 'mark', tells: 'mark', opens: true }, ({ node, as }) => ({ node, as }));
export const skipNode = message<NodeMessageArgs>({ signal: 'skip', tells: 'mark' }, ofNode);
export const disableNode = message<NodeMessageArgs>({ signal: 'disable', tells: 'disable', opens: true }, ofNode);
export const enableNode = message<NodeMessageArgs>({ signal: 'enable', tells: 'enable', opens: true }, ofNode);
export const approveNode = message<ApproveNodeArgs>({ signal: 'approve', tells: 'approve' }, ({ node, approved }) => ({
  node,
  ...(approved !== undefined && { approved }),
}));
export const pauseRun = message<MessageArgs>({ signal: 'pause', tells: 'pause' }, () => ({}));
export const resumeRun = message<MessageArgs>({ signal: 'resume', tells: 'resume' }, () => ({}));
export const sendSignal = message<SignalRunArgs>({ signal: 'signal', tells: 'signal' }, ({ name }) => ({ name }));
