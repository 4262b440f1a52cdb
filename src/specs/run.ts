// Types of DAG runs that workflow, activities, store and API share. Plain JSON only: they travel through Temporal's history.
import type { DagPlan, RerunMode, RunOutcome, RunStatus } from './dag.ts';
import type { DagSpec } from './dag.schema.ts';
import type { OutcomeCode } from './errors.ts';
import type { CarriedState, JobEvent, JobInput, Json, LifecycleTimings, Timestamp } from './execution.ts';
import type { AdmitRequest, AdmitResult, RecordRequest } from './activities.ts';
import type { JobSnapshot } from './messages.ts';
import type { Status } from './status.ts';

/** A pinned spec inside Temporal: itself up to 16 KB, else its digest in the ArtifactStore. Pinned: every `ref` in it has its version. */
export type CarriedDag = { readonly spec: DagSpec } | { readonly sha256: string; readonly size: number };

/**
 * How long a scheduler may take for a workflow task of a run. A run's history has thousands of events; a replay of it that takes longer than
 * this would begin anew for ever. After a crash in the middle of a task the run goes on when this has passed.
 */
export const RUN_TASK_TIMEOUT = '30 s';

/** The nominal time that a scheduled or backfilled run stands for. */
export interface RunCycle {
  /** Its instant in UTC to the second: part of the run's identity. */
  readonly at: string;
  /** The planned time as written in the schedule's zone, with offset. */
  readonly planned: string;
  /** Day of the data, by default the day before the planned one. */
  readonly dataDate: string;
  readonly zone: string;
  /** Planned times of the cycles before and after. */
  readonly previous?: string;
  readonly next?: string;
}

/** Which job of a node: the node's own (none), one item of foreach, mapReduce or broadcast by its index, or the job that follows them. */
export type ItemId = number | 'final';

/** Where a job stands in a run; part of its JobInput. */
export interface NodePlace {
  /** Id of the run. */
  readonly run: string;
  readonly dag: string;
  readonly node: string;
  readonly item?: ItemId;
  /** Id of the workflow in whose history it runs: signals go there, and its state says whether anybody still owns the job. */
  readonly owner: string;
}

/** Start input of workflow type `dag`. Absent in a signal-with-start: the workflow then reads the last run. */
export interface RunInput {
  /** Decimal, 63 bits, time-ordered, as a job's id. */
  readonly runId: string;
  readonly app: string;
  /** Name of the DAG. */
  readonly dag: string;
  /** Version of the stored definition; absent where the spec came with the request. */
  readonly version?: number;
  /** Of spec and parameters: the same request id with another one is a conflict. */
  readonly digest: string;
  readonly requestId?: string;
  readonly spec: CarriedDag;
  /** Every parameter of the spec with its value. */
  readonly params: { readonly [name: string]: Json };
  readonly cycle?: RunCycle;
  /** The node of another run that this one is: it is told the end. */
  readonly parent?: { readonly workflowId: string; readonly node: string; readonly attempt: number };
  readonly mark: string;
  readonly createdAt: Timestamp;
  readonly by: string;
  /** What is missing has its default. */
  readonly timings?: Partial<LifecycleTimings>;
  /** Continue-as-new after so many history events; default: when the server suggests it. */
  readonly historyBudget?: number;
  /** What a continue-as-new or a rerun of a closed run takes up; only the run's workflow reads it. */
  readonly carried?: { readonly [key: string]: Json };
}

/** Result of a closed run workflow: always Completed, whatever the outcome. `carried` is what a rerun takes up. */
export interface RunResult {
  readonly runId: string;
  readonly app: string;
  readonly dag: string;
  readonly outcome: RunOutcome;
  readonly reason?: string;
  readonly endedAt: Timestamp;
  readonly carried: { readonly [key: string]: Json };
}

/** Status of a node as its run knows it; `job`: that of its job, its items or its child run. */
export type NodeStatus = 'WAITING' | 'SKIPPED' | 'DISABLED' | 'SUCCEED' | 'FAILED' | 'START_FAILED' | 'KILLED' | 'CANCELED' | 'job';

/** A change of one node. */
export interface NodeChange {
  readonly node: string;
  /** Phase of the run's machine (src/workflows/dag/dag.state.ts). */
  readonly phase: string;
  readonly status: NodeStatus;
  /** Its newest attempt; 0: never started. */
  readonly attempt: number;
  /** In words: why it waits, was not run, or how it ended. */
  readonly reason?: string;
  readonly code?: OutcomeCode;
  /** Its job, once it has one. */
  readonly jobId?: string;
  /** The child run of a node of kind dag. */
  readonly childRun?: string;
  /** How many items it has. */
  readonly items?: number;
}

/** One change of a run, written by `recordAll` and shown to users and SSE. `seq` counts from 1 within a run, over its reruns. */
export interface RunEvent {
  readonly seq: number;
  readonly at: Timestamp;
  readonly type:
    'status' | 'nodes' | 'kill' | 'rerun' | 'mark' | 'disable' | 'enable' | 'pause' | 'resume' | 'approve' | 'signal' | 'refused' | 'note';
  /** The run after the event. */
  readonly status: RunStatus;
  readonly outcome?: RunOutcome;
  /** Counts reruns and marks. */
  readonly generation: number;
  readonly paused?: boolean;
  /** Of a kill of one node or of one item: which (`load`, `load/3`). Without it the kill is the run's. */
  readonly of?: string;
  /** The nodes that changed with it. */
  readonly nodes?: readonly NodeChange[];
  readonly reason?: string;
  /** Who caused it; unverified when it came by a raw signal. */
  readonly by?: string;
  /** Id of the message that it answers. */
  readonly message?: string;
  /** What a rerun changed: parameters, the version. */
  readonly set?: { readonly params?: { readonly [name: string]: Json }; readonly spec?: CarriedDag; readonly version?: number };
}

/** New events of a run on their way to the store; idempotent by seq. `input` makes the row where it is missing. */
export interface RunRecord {
  readonly input: RunInput;
  readonly workflowId: string;
  /** Temporal's id of the present execution. */
  readonly temporalRunId: string;
  readonly events: readonly RunEvent[];
}

/** What the store knows of the jobs of a node that a question is about. */
export interface NodeFacts {
  /** WAITING: it has not ended, and no job of it is under way. */
  readonly status: Status | 'WAITING' | 'SKIPPED' | 'DISABLED';
  readonly attempt: number;
  readonly code?: OutcomeCode;
}

/** The items of a foreach or mapReduce: themselves up to 16 KB, else by digest in the ArtifactStore. Of a broadcast the worker ids. */
export type CarriedItems = { readonly count: number } & ({ readonly list: readonly Json[] } | { readonly sha256: string; readonly size: number });

/** What a run asks before it goes on with a node. */
export type RunQuestion =
  /** Does its condition hold? */
  | { readonly ask: 'when'; readonly node: string }
  /** Over which items? */
  | { readonly ask: 'items'; readonly node: string }
  /** Until when does a wait for a time last? */
  | { readonly ask: 'time'; readonly node: string; readonly since: Timestamp }
  /**
   * With which input does its job start? `attempt` is the job's attempt that this will be: one above 1 finds the job that is there, and its
   * state, in the store. May be asked twice, when the workflow's task that asked was lost: a job that the store already has at this address is
   * this one, and keeps its id. `item` of a node with items: its own item, or 'final' for the job that follows them.
   */
  | { readonly ask: 'job'; readonly node: string; readonly item?: ItemId; readonly items?: CarriedItems; readonly attempt: number }
  /** With which input does its child run start? */
  | { readonly ask: 'dag'; readonly node: string; readonly attempt: number };

export type RunAnswer =
  | { readonly holds: boolean }
  | { readonly items: CarriedItems }
  | { readonly until: Timestamp }
  /**
   * `carried`: the state that the job's attempts before `attempt` have left (attempt, seq and status of their last event). What the store already
   * knows of `attempt` itself is not in it: a lost task told of it, and the same will be told again.
   */
  | { readonly input: JobInput; readonly carried?: CarriedState }
  | { readonly child: RunInput; readonly workflowId: string }
  /** It cannot be: an expression, a parameter, a grant. The node fails with this. */
  | { readonly failed: { readonly code: OutcomeCode; readonly reason: string } };

export interface RunQuestions {
  readonly run: Omit<RunInput, 'carried'>;
  /** The run's own workflow id. */
  readonly workflowId: string;
  /** Statuses of the nodes upstream of what is asked for. Their outputs are in the store. */
  readonly nodes: { readonly [name: string]: NodeFacts };
  /** At most 50. */
  readonly questions: readonly RunQuestion[];
}

/** An answer of many: one failure does not spoil the others. `final`: asking again gives the same. */
export type Settled<T> = { readonly ok: T } | { readonly error: { readonly type: string; readonly message: string; readonly final: boolean } };

export interface RecordAllRequest {
  readonly jobs: readonly RecordRequest[];
  readonly runs: readonly RunRecord[];
}
export interface RecordAllResult {
  readonly jobs: readonly { readonly jobId: string; readonly events: readonly JobEvent[] }[];
  readonly runs: readonly RunEvent[];
}

/** The last run of a workflow id. `input` has spec and parameters of its newest rerun. */
export interface LastRun {
  readonly input: RunInput;
  readonly result?: RunResult;
  /** Instead of a result, of an execution that left none (terminated, or its history is gone): what the rows say. */
  readonly rows?: {
    readonly seq: number;
    readonly generation: number;
    readonly nodes: readonly NodeChange[];
    /** Of nodes with items, by name. */
    readonly tries?: { readonly [node: string]: ItemTries };
  };
}

/** Attempts of the jobs of a node's items: by item, and of the job after them. */
export interface ItemTries {
  readonly tries: readonly number[];
  readonly final: number;
}

/** Local activities of the scheduler for runs, at most 5 s each. What many nodes ask at once goes together. */
export interface RunActivities {
  /** At most 50 requests; answers in their order. */
  admitAll(requests: readonly AdmitRequest[]): Promise<readonly Settled<AdmitResult>[]>;
  takeAll(requests: readonly AdmitRequest[]): Promise<readonly Settled<AdmitResult>[]>;
  /**
   * Writes events of jobs and of runs, those of one job or run in one transaction, and returns them, so that history can rebuild the store. A
   * failure is tried again with all of it: what was written meanwhile is known by its seq.
   */
  recordAll(request: RecordAllRequest): Promise<RecordAllResult>;
  /** The compiled graph of a pinned spec. */
  runPlan(spec: CarriedDag): Promise<DagPlan>;
  /** In the order of the questions. Throws, to be asked again, while the store does not yet have what an answer needs. */
  answerAll(questions: RunQuestions): Promise<readonly RunAnswer[]>;
  /** What a run started by signal-with-start takes up; null when there is no trace of it. Throws while something of a lost execution runs. */
  lastDagRun(workflowId: string): Promise<LastRun | null>;
}

/** Ordinary activities for runs. */
export interface RunDuties {
  /** Waits, with heartbeats, until the rule over the other DAG's cycles is met. Heartbeat details: which cycle is missing, in words. */
  awaitCycles(input: {
    readonly run: Omit<RunInput, 'carried'>;
    readonly node: string;
  }): Promise<{ readonly met: true } | { readonly failed: string }>;
  /** Which of these child workflows are closed without having told their end. */
  closedChildren(workflowIds: readonly string[]): Promise<readonly { readonly workflowId: string; readonly outcome: RunOutcome | 'missing' }[]>;
}

/** Signals of a run. All have `id`, `by` and `reason`; plain JSON, tolerant of missing fields, applied once for each id. */
export const RUN_SIGNALS = {
  kill: 'kill',
  rerun: 'rerun',
  mark: 'mark',
  skip: 'skip',
  disable: 'disable',
  enable: 'enable',
  pause: 'pause',
  resume: 'resume',
  approve: 'approve',
  signal: 'signal',
  resolve: 'resolve',
  modify: 'modify',
  admitted: 'admitted',
  childEnded: 'childEnded',
} as const;

interface Signed {
  readonly id?: string;
  readonly by?: string;
  readonly reason?: string;
}
/** Of the run; with `node` of that node, with `item` too of that one job. */
export interface RunKillMessage extends Signed {
  readonly node?: string;
  readonly item?: ItemId;
  readonly how?: 'graceful' | 'forced';
}
export interface RunRerunMessage extends Signed {
  /** Default: nodes where `nodes` or `item` is given, else failed. */
  readonly mode?: RerunMode;
  readonly nodes?: readonly string[];
  /** Only this item of the one node in `nodes`. */
  readonly item?: ItemId;
  /** Only if this is the run's generation. */
  readonly generation?: number;
  /** The whole new set of parameters, checked by the sender. */
  readonly params?: { readonly [name: string]: Json };
  /** Another version, pinned by the sender; only for a run in FINISH. */
  readonly spec?: CarriedDag;
  readonly version?: number;
}
export interface RunMarkMessage extends Signed {
  readonly node?: string;
  readonly as?: 'succeeded' | 'failed' | 'skipped';
}
/** skip, disable, enable. */
export interface RunNodeMessage extends Signed {
  readonly node?: string;
}
export interface RunApproveMessage extends Signed {
  readonly node?: string;
  /** Default: true. */
  readonly approved?: boolean;
}
/** For nodes that wait for a signal of this name. */
export interface RunSignalMessage extends Signed {
  readonly name?: string;
}
/** From a child run. */
export interface ChildEndedMessage {
  readonly node?: string;
  readonly attempt?: number;
  readonly outcome?: RunOutcome;
  readonly reason?: string;
}
/** From the scheduler: this attempt has a place. */
export interface AdmittedMessage {
  readonly key?: string;
}

/** What the query `snapshot` answers of a run. */
export interface RunSnapshot {
  readonly runId: string;
  readonly status: RunStatus;
  readonly outcome?: RunOutcome;
  readonly generation: number;
  readonly paused: boolean;
  readonly killed: boolean;
  readonly seq: number;
  readonly appliedIds: readonly string[];
  /** How many nodes are in each phase. */
  readonly phases: { readonly [phase: string]: number };
  /** Jobs under way, and those of which not everything is in the store yet; by `node` or `node/item`. */
  readonly jobs: { readonly [path: string]: JobSnapshot & { readonly jobId: string } };
  /** How many nodes have jobs that wait for one of the run's places. */
  readonly queued: number;
}

/** Temporal memo of a run: what `create` compares on AlreadyStarted. */
export interface RunMemo {
  readonly runId: string;
  readonly digest: string;
}
