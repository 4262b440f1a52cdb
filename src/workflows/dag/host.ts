// What the nodes of a run ask of it, and what it asks of them.
import type { OutcomeCode } from '../../specs/errors.ts';
import type { Json } from '../../specs/execution.ts';
import type { ItemId, NodeChange, RunAnswer, RunInput, RunQuestion } from '../../specs/run.ts';
import type { PlanNode, RunOutcome } from '../../specs/dag.ts';
import type { Surroundings } from '../course.ts';
import type { JobRun } from '../job/job.run.ts';
import type { NodeEnd, StopHow } from './dag.state.ts';
import type { Places } from './places.ts';

/** Who asked for something, and why. */
export interface Why {
  readonly by: string;
  readonly reason?: string;
}

export interface Stop extends Why {
  readonly how: StopHow;
}

/** How a node ended. `attempt`: the node's, which counts the tries of its job. */
export interface NodeEnded {
  readonly status: NodeEnd;
  readonly code?: OutcomeCode;
  readonly reason?: string;
  readonly attempt?: number;
}

/** `lifecycles`: how many have not yet made place for a continue-as-new. */
export interface RunSurroundings extends Surroundings {
  readonly lifecycles: { underWay: number };
}

/** The run, as its nodes see it. */
export interface RunHost {
  readonly workflowId: string;
  readonly places: Places;
  /** What the lifecycles of its jobs share. */
  readonly surroundings: RunSurroundings;
  input(): RunInput;
  node(node: number): PlanNode;
  /** Asks until there is an answer; undefined when it was given up. */
  ask(question: RunQuestion, interrupted: () => boolean): Promise<RunAnswer | undefined>;
  /** Whether the run makes place for a new one, which takes up what is under way. */
  leaving(): boolean;
  /** A job has something to record. */
  pushed(job: JobRun): void;
  /** Something of a live node is to be shown. `lazy`: with what comes next. */
  changed(node: number, change: Partial<NodeChange>, lazy?: boolean): void;
  /** Once for each start. */
  ended(node: number, end: NodeEnded): void;
}

/** What is told to a node that waits for it. */
export type NodeMessage =
  | { readonly type: 'childEnded'; readonly attempt: number; readonly outcome: RunOutcome; readonly reason?: string }
  | { readonly type: 'signal'; readonly name: string };

/** One start of a node, until its end. */
export interface NodeRun {
  /** Begins, or goes on after a continue-as-new. */
  start(): void;
  /** Its end follows. May come again, also harder. */
  stop(stop: Stop): void;
  /** Its jobs under way. */
  jobs(): Iterable<{ readonly path: string; readonly job: JobRun }>;
  job(item?: number | 'final'): JobRun | undefined;
  /** What a continue-as-new must carry of this start, besides its jobs. */
  carried(): Json;
  /** It has ended otherwise: nothing of it goes on. Only of what has no jobs. */
  dismiss?(): void;
  /** Runs an item again that has ended, while others have not. Why it cannot. */
  rerunItem?(item: ItemId, why: Why): string | undefined;
  /** Kills one item. Why it cannot. */
  stopItem?(item: ItemId, stop: Stop): string | undefined;
  /** What another workflow or a person tells it. */
  told?(message: NodeMessage): void;
}
