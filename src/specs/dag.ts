// The words of DAGs that every layer shares, and the compiled form in which a run carries its graph. Free of zod: workflows import it.

/** What a run does when a key node fails: kill what runs and skip the rest; start nothing more; go on with all that does not depend on it. */
export const FAILURE_MODES = ['stop', 'drain', 'finish'] as const;
export type FailureMode = (typeof FAILURE_MODES)[number];

/** Kinds of nodes; a node's kind is told by which of these fields it has (`job` alone is job). */
export const NODE_KINDS = ['job', 'dag', 'foreach', 'mapReduce', 'broadcast', 'wait'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** Statuses of a run. FINISH carries an outcome. */
export const RUN_STATUSES = ['WAITING', 'RUNNING', 'FINISH'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/**
 * How a run ended. KILLED: a kill of the run cut something off. FAILED: a key node did not succeed. SUCCEED: everything else,
 * also a run in which no node had to run.
 */
export const RUN_OUTCOMES = ['SUCCEED', 'FAILED', 'KILLED'] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** Statuses that a node has besides its job's: it waits, was not run, or is switched off. */
export const OWN_NODE_STATUSES = ['WAITING', 'SKIPPED', 'DISABLED'] as const;

/** Which nodes a rerun is about: the named ones, those with all that is downstream of them, what failed or was killed, or everything. */
export const RERUN_MODES = ['nodes', 'downstream', 'failed', 'all'] as const;
export type RerunMode = (typeof RERUN_MODES)[number];

/**
 * What an ended node counts as for the nodes that need it, as bits, so that a need is met when it shares one with `on`. A failure with
 * `onFailure: ignore` counts as success and as failure; a kill counts as nothing, because it triggers nothing.
 */
export const SUCCESS = 1;
export const FAILURE = 2;
export const SKIPPED = 4;

/** The bits that each word of `on` stands for. */
export const ON = { success: SUCCESS, failure: FAILURE, skipped: SKIPPED, done: SUCCESS | FAILURE | SKIPPED } as const;
export type On = keyof typeof ON;

/**
 * A DAG as its run carries it: plain JSON, made once outside of the workflow (`compileDag`). A node is known by its index in `nodes`;
 * what has its default is left out, because there may be 10,000 nodes. What a node executes is not in it: that is `nodes[name]` of the spec.
 */
export interface DagPlan {
  readonly failure: FailureMode;
  /** Most nodes that run at once; waits do not count. Default: no limit. */
  readonly maxParallel?: number;
  readonly nodes: readonly PlanNode[];
}

export interface PlanNode {
  readonly name: string;
  readonly kind: NodeKind;
  /** The nodes that it needs. */
  readonly needs?: readonly number[];
  /** For each of `needs` the bits that meet it; 0 is `required: false`: waited for, however it ends. Default: all SUCCESS. */
  readonly on?: readonly number[];
  /** The nodes that need it. */
  readonly feeds?: readonly number[];
  /** Starts with the first need that is met. Default: with the last one, if all are. */
  readonly any?: true;
  /** An expression, evaluated once its needs let it run. Default: it runs. */
  readonly when?: string;
  /** `onFailure: ignore`. Default: it is a key node, whose failure fails the run. */
  readonly ignore?: true;
  readonly disabled?: true;
  /** A wait for an approval. */
  readonly approval?: true;
  /** A wait for something else; `signal`: for a signal of this name. */
  readonly waits?: 'time' | 'dag' | { readonly signal: string };
  /** Longest wait, as people write durations. Default: none. */
  readonly timeout?: string;
  /** Most items that run at once. Default: no limit. */
  readonly limit?: number;
  /** A job follows its items: `reduce`, or `final` of a broadcast. */
  readonly final?: true;
  /** Its job has a workflow of its own. */
  readonly isolate?: true;
}
