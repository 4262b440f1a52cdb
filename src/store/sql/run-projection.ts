// What an event changes in the rows of its run and that run's nodes. Pure: the same events give the same rows, however often they are replayed.
import type { RunOutcome, RunStatus } from '../../specs/dag.ts';
import type { Timestamp } from '../../specs/execution.ts';
import type { NodeChange, NodeStatus, RunEvent, RunInput } from '../../specs/run.ts';
import type { NodeRow, RunRow } from '../contract.ts';

/** The part of a run's row that events change. */
export interface RunState {
  readonly status: RunStatus;
  readonly outcome?: RunOutcome | undefined;
  readonly reason?: string | undefined;
  readonly paused: boolean;
  readonly killRequested?: RunRow['killRequested'] | undefined;
  readonly generation: number;
  readonly updatedAt: Timestamp;
  readonly startedAt?: Timestamp | undefined;
  readonly endedAt?: Timestamp | undefined;
  readonly seq: number;
}

/** Events whose reason says how the run is doing, as does that of any event that ends it; the others' say why somebody asked for something. */
const TELLING: readonly RunEvent['type'][] = ['status', 'nodes', 'note'];

/** The run after the event. */
export function runAfter(before: RunState, event: RunEvent): RunState {
  const { status, outcome, generation, at } = event;
  const moved = status !== before.status || outcome !== before.outcome;
  const hasBegun = event.nodes?.some((node) => node.status !== 'WAITING') ?? false;
  return {
    status,
    outcome,
    reason: reasonAfter(before, event, moved),
    paused: event.paused ?? before.paused,
    killRequested: killAfter(before, event),
    generation,
    updatedAt: at,
    startedAt: before.startedAt ?? (hasBegun ? at : undefined),
    // A rerun or a mark begins a generation, and that one ends anew.
    endedAt: status !== 'FINISH' ? undefined : before.status === 'FINISH' && generation === before.generation ? before.endedAt : at,
    seq: event.seq,
  };
}

/** A status says how the run is doing, also when there is nothing to say. */
function reasonAfter(before: RunState, { type, status, reason }: RunEvent, moved: boolean): string | undefined {
  const told = TELLING.includes(type) || (moved && status === 'FINISH') ? reason : undefined;
  return told ?? (moved || type === 'status' ? undefined : before.reason);
}

/** A kill of one node is that node's alone. */
function killAfter({ killRequested }: RunState, { type, of, at, by, reason }: RunEvent): RunRow['killRequested'] | undefined {
  if (type === 'rerun') return undefined;
  return type === 'kill' && of === undefined ? { at, by: by ?? '', ...(reason !== undefined && { reason }) } : killRequested;
}

/** What reruns have changed in a run's input. */
export type RunChanges = NonNullable<RunEvent['set']>;

/** The changes after the event. A spec comes with its version, or with none where it is not a stored one. */
export function runChangesAfter(before: RunChanges, { set }: RunEvent): RunChanges {
  if (set === undefined) return before;
  const { version: _, ...unversioned } = before;
  return { ...(set.spec === undefined ? before : unversioned), ...set };
}

/** The input with the changes. */
export function changedInput(input: RunInput, changes: RunChanges): RunInput {
  const { version: _, ...unversioned } = input;
  return { ...(changes.spec === undefined ? input : unversioned), ...changes };
}

export type NodeState = Omit<NodeRow, 'node'>;

const isOpen = (status: NodeStatus): boolean => status === 'WAITING' || status === 'job';

/** The node after a change at this time; `before` is undefined for its first one. What is told once (its job, its child, its items) stays. */
export function nodeAfter(before: NodeState | undefined, told: NodeChange, at: Timestamp): NodeState {
  const { node: _, ...change } = told;
  const { jobId, childRun, items } = before ?? {};
  const startedAt = startAfter(before, change, at);
  const wasEnded = before !== undefined && !isOpen(before.status) && before.attempt === change.attempt;
  const endedAt = isOpen(change.status) ? undefined : wasEnded ? before.endedAt : at;
  return {
    ...(jobId !== undefined && { jobId }),
    ...(childRun !== undefined && { childRun }),
    ...(items !== undefined && { items }),
    ...change,
    updatedAt: at,
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
  };
}

/** A node that waits again has not started; one that ends by a later automatic try than it was started with has gone on since. */
function startAfter(before: NodeState | undefined, { status, attempt }: Omit<NodeChange, 'node'>, at: Timestamp): Timestamp | undefined {
  if (status === 'WAITING' || attempt === 0) return undefined;
  const isNew = attempt > (before?.attempt ?? 0);
  return isNew && (status === 'job' || before?.status !== 'job') ? at : (before?.startedAt ?? (status === 'job' ? at : undefined));
}
