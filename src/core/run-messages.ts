// What people do to a run beside kill and rerun: each is a signal, applied once by its id, and most callers see the effect at once.
import { randomUUID } from 'node:crypto';
import { LongshoreError } from '../specs/errors.ts';
import { RUN_SIGNALS } from '../specs/run.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { indexOf } from './run-dag.ts';
import { answeredBefore, awaitRunEffect, type RunAccepted } from './run-effect.ts';
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

/** One row: the signal, and whether it means something to a run that has ended. */
interface Kind {
  readonly signal: keyof typeof RUN_SIGNALS;
  readonly opens?: true;
}

/** A use case that sends such a message. `fields` is what it says besides who and why. */
function message<Args extends MessageArgs>({ signal, opens }: Kind, fields: (args: Args) => object) {
  return async (deps: Deps, caller: Caller, args: Args): Promise<RunAccepted> => {
    const run = await ownRun(deps, caller, args.runId);
    if ('node' in args) indexOf(await deps.dags.of(run.input.spec), run.runId, String(args.node));
    const known = await answeredBefore(deps, run, args.id);
    if (known !== undefined) return known;
    const sent = {
      id: args.id ?? randomUUID(),
      by: byOf(caller),
      ...(args.reason !== undefined && { reason: args.reason }),
      ...fields(args),
    };
    if (run.status === 'FINISH' && opens !== true) throw new LongshoreError('CONFLICT', `Run ${run.runId} has ended as ${run.outcome}.`);
    await signalRun(deps, run, { name: RUN_SIGNALS[signal], message: sent, opens: true });
    return await awaitRunEffect(deps, run, sent);
  };
}

const ofNode = ({ node }: NodeMessageArgs): object => ({ node });

export const markNode = message<MarkNodeArgs>({ signal: 'mark', opens: true }, ({ node, as }) => ({ node, as }));
export const skipNode = message<NodeMessageArgs>({ signal: 'skip' }, ofNode);
export const disableNode = message<NodeMessageArgs>({ signal: 'disable', opens: true }, ofNode);
export const enableNode = message<NodeMessageArgs>({ signal: 'enable', opens: true }, ofNode);
const answer = message<ApproveNodeArgs>({ signal: 'approve' }, ({ node, approved }) => ({
  node,
  ...(approved !== undefined && { approved }),
}));
/** FORBIDDEN to those whom the node does not name. */
export async function approveNode(deps: Deps, caller: Caller, args: ApproveNodeArgs): Promise<RunAccepted> {
  const run = await ownRun(deps, caller, args.runId);
  const { wait } = (await deps.dags.of(run.input.spec)).spec.nodes[args.node] ?? {};
  const by = wait !== undefined && 'approval' in wait ? wait.approval.by : undefined;
  if (by !== undefined && !by.includes(caller.token.name)) {
    throw new LongshoreError('FORBIDDEN', `Node ${args.node} waits for an approval by ${by.join(' or ')}; this token is "${caller.token.name}".`);
  }
  return await answer(deps, caller, args);
}
export const pauseRun = message<MessageArgs>({ signal: 'pause' }, () => ({}));
export const resumeRun = message<MessageArgs>({ signal: 'resume' }, () => ({}));
export const sendSignal = message<SignalRunArgs>({ signal: 'signal' }, ({ name }) => ({ name }));
