// What a DAG run knows of its nodes, as plain JSON that a continue-as-new carries, and what can happen to it. A node is its index in the plan.
import { FAILURE, SKIPPED, SUCCESS, type DagPlan, type OWN_NODE_STATUSES, type RerunMode, type RunOutcome, type RunStatus } from '../../specs/dag.ts';
import type { OutcomeCode } from '../../specs/errors.ts';
import type { Status } from '../../specs/status.ts';

/** One row: the status that the node shows (`job`: its job's), whether it is an end, and what it counts as for the nodes that need it. */
interface PhaseRow {
  readonly status: (typeof OWN_NODE_STATUSES)[number] | Status | 'job';
  readonly end: boolean;
  /** Bits of SUCCESS, FAILURE and SKIPPED; 0: nothing, it triggers nothing. */
  readonly counts: number;
  readonly meaning: string;
}

const open = (status: PhaseRow['status'], meaning: string): PhaseRow => ({ status, end: false, counts: 0, meaning });
const ended = (status: PhaseRow['status'], counts: number, meaning: string): PhaseRow => ({ status, end: true, counts, meaning });

/** Every phase of a node. */
export const PHASES = {
  waiting: open('WAITING', 'waits for its needs'),
  asked: open('WAITING', 'its needs let it run, its condition is being evaluated'),
  ready: open('WAITING', 'waits for a place among maxParallel, or for the end of a pause'),
  live: open('job', 'its job is under way, from its queue on'),
  stopping: open('job', 'its job is to be stopped'),
  restarting: open('job', 'its job is to be stopped, because a rerun runs it again'),
  succeeded: ended('SUCCEED', SUCCESS, 'its job succeeded, or it was marked so'),
  failed: ended('FAILED', FAILURE, 'its job failed, its condition could not be evaluated, or it was marked so'),
  'start-failed': ended('START_FAILED', FAILURE, 'its job never began'),
  canceled: ended('CANCELED', FAILURE, 'its job timed out in its queue, or was refused by a limit'),
  killed: ended('KILLED', 0, 'its job was killed'),
  withdrawn: ended('CANCELED', 0, 'it was killed before its job was started'),
  disabled: ended('DISABLED', SUCCESS, 'it is disabled, and its needs would have let it run'),
  skipped: ended('SKIPPED', SKIPPED, 'its condition is false, or it was marked so'),
  bypassed: ended('SKIPPED', SKIPPED, 'a need was not met, and not for a failure: another branch was taken'),
  blocked: ended('SKIPPED', FAILURE, 'a success that it needs did not come because of a failure'),
  cut: ended('SKIPPED', 0, 'a need was not met because of a kill'),
  dropped: ended('SKIPPED', 0, 'the run ended it: by a kill of the run, or after a failure by its failure mode'),
} as const satisfies Record<string, PhaseRow>;
export type Phase = keyof typeof PHASES;

/** Whether its job is under way, or being stopped. */
export const isLive = (phase: Phase): boolean => phase === 'live' || phase === 'stopping' || phase === 'restarting';
/** Whether it ended without a success: what "rerun the failed ones" is about. */
export const isFailed = (phase: Phase): boolean =>
  phase === 'failed' || phase === 'start-failed' || phase === 'canceled' || phase === 'killed' || phase === 'withdrawn';
/** Whether only its needs kept it from running: once these change it is decided anew. */
export const wasHeldBack = (phase: Phase): boolean => phase === 'bypassed' || phase === 'blocked' || phase === 'cut';

/** What an ended node counts as: of a failure that is ignored also as a success. */
export function countsAs(plan: DagPlan, state: Pick<DagState, 'phases'>, node: number): number {
  const phase = state.phases[node]!;
  return plan.nodes[node]!.ignore && isFailed(phase) && PHASES[phase].counts === FAILURE ? FAILURE | SUCCESS : PHASES[phase].counts;
}

/** The state of a run. At most 1 MB of JSON with 10,000 nodes. */
export interface DagState {
  readonly status: RunStatus;
  /** Of a run in FINISH. */
  readonly outcome?: RunOutcome;
  /** Counts reruns and marks: an answer or a click that belongs to an older one is refused. */
  readonly generation: number;
  readonly paused: boolean;
  /** A kill of the run was asked for; until a rerun. */
  readonly killed: boolean;
  /** By node. */
  readonly phases: readonly Phase[];
  /** By node: the number of its newest attempt; 0: never started. */
  readonly attempts: readonly number[];
  /** By node: the digest of its outputs, at most 64 characters; null: it has none. */
  readonly outputs: readonly (string | null)[];
  /** Sets of nodes: switched off; in phase asked; in phase ready, in their order; live, stopping or restarting. */
  readonly disabled: readonly number[];
  readonly asked: readonly number[];
  readonly ready: readonly number[];
  readonly live: readonly number[];
}

/** The state of a run that has not begun. */
export const initialState = ({ nodes }: DagPlan): DagState => ({
  status: 'WAITING',
  generation: 1,
  paused: false,
  killed: false,
  phases: nodes.map(() => 'waiting'),
  attempts: nodes.map(() => 0),
  outputs: nodes.map(() => null),
  disabled: nodes.flatMap((node, index) => (node.disabled ? [index] : [])),
  asked: [],
  ready: [],
  live: [],
});

/** What can happen to a run. Who asked for it, and why, is for whoever tells of it: the machine decides without. */
export type DagEvent =
  | { readonly type: 'begin' }
  /**
   * The job of a node has ended, and no automatic try is left. `attempt`: its last try, at least the one that was started; `code` tells a
   * CANCELED by a kill from the others; `outputs`: their digest.
   */
  | {
      readonly type: 'ended';
      readonly node: number;
      readonly attempt: number;
      readonly status: NodeEnd;
      readonly code?: OutcomeCode;
      readonly outputs?: string;
    }
  /** The answer to `evaluate`; error: it could not be evaluated, and the node fails. */
  | { readonly type: 'condition'; readonly node: number; readonly generation: number; readonly answer: boolean | 'error' }
  /** A person's answer to a wait for an approval; false fails the node. */
  | { readonly type: 'approve'; readonly node: number; readonly approved: boolean }
  /** A status by hand, for a node that is not live; what only its needs had kept from running is decided anew. `skip` is `as: skipped`. */
  | { readonly type: 'mark'; readonly node: number; readonly as: 'succeeded' | 'failed' | 'skipped' }
  | { readonly type: 'disable' | 'enable'; readonly node: number }
  | { readonly type: 'pause' | 'resume' }
  | { readonly type: 'kill'; readonly how?: StopHow }
  | { readonly type: 'kill-node'; readonly node: number; readonly how?: StopHow }
  | ({ readonly type: 'rerun' } & RerunRequest);

export type NodeEnd = 'SUCCEED' | 'FAILED' | 'START_FAILED' | 'KILLED' | 'CANCELED';
export type StopHow = 'graceful' | 'forced';

export interface RerunRequest {
  readonly mode: RerunMode;
  /** The nodes of modes `nodes` and `downstream`; the others have none. */
  readonly nodes?: readonly number[];
  /** Only if this is the run's generation: a second click on an old page does nothing. Default: whichever. */
  readonly generation?: number;
}

/** What is to be done after a transition, in this order. */
export type DagEffect =
  /** Start the job of a node. It counts as live from now on. */
  | { readonly type: 'start'; readonly node: number; readonly attempt: number }
  /** Evaluate the condition of a node and answer by `condition` with this generation. */
  | { readonly type: 'evaluate'; readonly node: number; readonly generation: number }
  /** Stop the job of a node; its end is told by `ended`. May come again. */
  | { readonly type: 'stop'; readonly node: number; readonly attempt: number; readonly how: StopHow }
  /** A node has entered a phase that no job tells of. `because`: the need that decided it. */
  | { readonly type: 'entered'; readonly node: number; readonly phase: Phase; readonly because?: number }
  /** The run is in FINISH. A rerun or mark opens it again, and another one follows. */
  | { readonly type: 'settle'; readonly outcome: RunOutcome };
