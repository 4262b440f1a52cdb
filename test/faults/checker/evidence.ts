// Everything the judge may look at. None of it comes from inside the product: it is what clients, payloads, the kernel, webhook
// receivers and Temporal's own records saw.
import type { RunOutcome, RunStatus } from '../../../src/specs/dag.ts';
import type { NodeSummary, RunEventView, RunView } from '../../../src/specs/run-views.schema.ts';
import type { BackfillCycleView, BackfillView } from '../../../src/specs/backfill-views.schema.ts';
import type { CycleView } from '../../../src/specs/schedule-views.schema.ts';
import type { Status } from '../../../src/specs/status.ts';
import type { EventView, JobView } from '../../../src/specs/views.schema.ts';

/** One request of the client and what came back; without `status` the answer was lost and nobody knows whether it took effect. */
export interface Call {
  readonly action: 'create' | 'conflict' | 'kill' | 'rerun' | 'resolve' | 'pause' | 'resume';
  readonly requestId: string;
  readonly at: number;
  readonly answeredAt?: number;
  readonly status?: number;
  /** The job, the run or the backfill that the answer names. */
  readonly jobId?: string;
  readonly effect?: 'done' | 'pending';
}

/** A line that a payload wrote into its truth file, which the product never reads. */
export interface TruthLine {
  readonly job: string;
  readonly key: string;
  readonly pid: number;
  readonly boot: string;
  readonly event: 'start' | 'end';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly exit?: number;
  /** Its disk was full: from some place on it could not print what it was meant to. */
  readonly unwritten?: boolean;
}

/** What the scenario meant a job to do, and how it may end. */
export interface Intent {
  readonly requestId: string;
  readonly kind: string;
  readonly may: readonly Status[];
  /** The whole stdout of a complete run. */
  readonly output: string;
  readonly webhook: boolean;
  /** Whether the payload notes its own end; one that is always killed does not. */
  readonly notesEnd: boolean;
}

/** What a node of a run is meant to do. Its jobs are named `<request id of the run>/<node>`, an item's `…/<item>`. */
export interface NodeIntent {
  readonly name: string;
  readonly needs: Readonly<Record<string, 'success' | 'failure'>>;
  readonly jobs: readonly Intent[];
}

/** What the scenario meant a run to do, and how it may end. */
export interface RunIntent {
  readonly requestId: string;
  readonly may: readonly RunOutcome[];
  readonly nodes: readonly NodeIntent[];
  /** A failure kills what else runs (`failure: stop`). */
  readonly stops: boolean;
}

/** A schedule of a fixed rate, and what became of its cycles, as the API tells it. */
export interface ScheduleSeen {
  readonly name: string;
  readonly everyMs: number;
  /** Cycles after this one were to be decided, and until then; milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  readonly cycles: readonly CycleView[];
  /** Those that were to run all of its cycles between `from` and `until`. */
  readonly backfills?: readonly BackfillSeen[];
}

/** A backfill as the API finally tells of it. */
export interface BackfillSeen {
  readonly id: string;
  readonly state: BackfillView['state'];
  readonly cycles: readonly BackfillCycleView[];
}

/** A job as the REST API finally shows it. One of a run has the name of its payload for a request id, that of a schedule has none. */
export interface FinalJob {
  readonly view: Pick<
    JobView,
    'id' | 'requestId' | 'status' | 'reason' | 'code' | 'attempt' | 'attempts' | 'workflowId' | 'run' | 'node' | 'item' | 'cycle'
  >;
  readonly events: readonly EventView[];
  /** Stdout of the newest attempt as the API serves it; absent when the scenario does not look at logs. */
  readonly log?: string;
}

/** A run as the REST API finally shows it. */
export interface FinalRun {
  readonly view: Pick<RunView, 'id' | 'dag' | 'requestId' | 'status' | 'outcome' | 'reason' | 'generation' | 'workflowId' | 'parent' | 'cycle'>;
  readonly events: readonly RunEventView[];
  readonly nodes: readonly Pick<NodeSummary, 'name' | 'kind' | 'status' | 'attempt' | 'ignored' | 'items'>[];
}

/** What somebody read of a run while things went wrong. */
export interface RunSighting {
  readonly askedAt: number;
  readonly at: number;
  readonly runId: string;
  readonly generation: number;
  readonly status: RunStatus;
  readonly outcome?: RunOutcome;
}

/** A status that somebody read from the API while things went wrong. */
export interface Sighting {
  /** When it was asked for, and when the answer was there. */
  readonly askedAt: number;
  readonly at: number;
  readonly jobId: string;
  readonly attempt: number;
  readonly status: Status;
}

export interface WebhookReceived {
  readonly at: number;
  /** Header webhook-id. */
  readonly id: string;
  readonly jobId: string;
  readonly seq: number;
  readonly attempt: number;
  readonly status: Status;
  /** The signature was right. */
  readonly verified: boolean;
  /** What the receiver answered; 0: it cut the connection. */
  readonly answered: number;
}

/** A live process that carries a mark of this test's payloads. */
export interface LiveProcess {
  readonly pid: number;
  readonly command: string;
  readonly job?: string;
  readonly key?: string;
}

/** An application as a remote cluster's own record shows it. */
export interface ClusterApp {
  readonly id: string;
  readonly state: string;
  readonly finalStatus: string;
  readonly tags: readonly string[];
  readonly diagnostics: string;
  /** The cluster shows it still; else this is what it showed last, before it forgot it. */
  readonly known: boolean;
}

/** What is outside the product where jobs live on a remote cluster. */
export interface ClusterEvidence {
  /** Everything that the cluster ran while the scenario was played. */
  readonly applications: readonly ClusterApp[];
  /** Attempt keys of which files are left in the staging folder, tombstones not counted. */
  readonly staged: readonly string[];
}

/** An execution of a workflow in Temporal: of a job, of a run of a DAG, of a schedule. */
export interface WorkflowSeen {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
  /** Why its history does not replay with the current code. */
  readonly replayError?: string;
}

export interface Evidence {
  readonly intents: readonly Intent[];
  readonly calls: readonly Call[];
  readonly truth: readonly TruthLine[];
  readonly jobs: readonly FinalJob[];
  readonly runIntents: readonly RunIntent[];
  readonly runs: readonly FinalRun[];
  readonly runSightings: readonly RunSighting[];
  readonly schedules: readonly ScheduleSeen[];
  readonly sightings: readonly Sighting[];
  readonly webhooks: readonly WebhookReceived[];
  /** Delivery ids that the API lists as given up. */
  readonly deadLetters: readonly string[];
  /** Taken once everything had ended and T_orphan had passed. */
  readonly processes: readonly LiveProcess[];
  readonly workflows: readonly WorkflowSeen[];
  readonly cluster?: ClusterEvidence;
  /** When the last fault was over and when everything had ended, as milliseconds since the epoch. */
  readonly healedAt: number;
  readonly settledAt: number | undefined;
  readonly limits: Limits;
}

/** What a scenario allows in time. */
export interface Limits {
  /** A start so soon after a kill was requested (not yet confirmed) is one that was already on its way. */
  readonly killGraceMs: number;
  /** From the end of the faults until every job has ended. */
  readonly recoveryMs: number;
}

/** A broken promise: which one, of which job, and what shows it. */
export interface Violation {
  readonly promise: 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P8' | 'P10' | 'P11' | 'P12' | 'replay';
  readonly job?: string;
  readonly message: string;
}

/** What every job was meant to do: those by themselves, and those of runs. */
export const jobIntents = ({ intents, runIntents }: Pick<Evidence, 'intents' | 'runIntents'>): Intent[] => [
  ...intents,
  ...runIntents.flatMap(({ nodes }) => nodes.flatMap(({ jobs }) => jobs)),
];

/** One promise: reads the evidence, returns what breaks it. */
export type Promised = (evidence: Evidence) => Violation[];
