// What the lifecycle asks of the workflow in which an attempt runs: a job's own workflow, or a DAG run's for one of its nodes.
import type { AttemptRef, CarriedSpec, ClusterRecord, JobEvent, LifecycleTimings } from '../specs/execution.ts';
import type { ResolveMessage } from '../specs/messages.ts';
import type { JobPatch, Retry } from '../specs/job.schema.ts';
import type { Happening, JobState } from './job/job.state.ts';
import type { AttemptEnd } from './job/job.state.ts';
import type { StopCause } from './ends.ts';
import type { AdmitRequest, AdmitResult, FinishResult, Telling } from '../specs/activities.ts';
import type { Place } from './steps.ts';

/** What messages ask for, until the lifecycle has done it. Plain JSON. */
export interface Wishes {
  kill?: 'graceful' | 'forced';
  /** A decision about an UNKNOWN. */
  resolve?: ResolveMessage & { readonly as: NonNullable<ResolveMessage['as']> };
  /** A rerun of this attempt by somebody who has seen it end: it follows the end. */
  rerun?: { readonly by: string; readonly reason?: string; readonly patch?: JobPatch };
  /** The waiting attempt must ask for admission anew. */
  modified?: boolean;
  /** Admission has granted a place. */
  admitted?: boolean;
}

/** How far one attempt has come. Plain JSON, so that a continue-as-new takes the attempt up where it was. */
export interface Progress {
  place?: Place;
  /** Some launch of this attempt may have begun: from then on no other worker may have it. */
  begun?: boolean;
  /** The start was ambiguous on a cluster that cannot look it up: it is never tried again. */
  ambiguous?: boolean;
  /** The id that the cluster gave before the start. */
  id?: string;
  /** Why it is to be stopped, besides a kill. */
  cause?: StopCause;
  /** Its end on the cluster; finish is still to be done. */
  ending?: AttemptEnd;
  /** What its launch has already finished. */
  finished?: FinishResult;
  /** Workers that never took the launch. */
  notWorkers?: string[];
}

/** Questions to the store. Each is asked until it is answered, refused for good (throws), or `interrupted` is true between two tries. */
export interface Asking {
  /** A place; the request is made anew for each try. `answered` is called before anything else is written or asked. */
  place(
    how: 'admit' | 'take',
    request: () => AdmitRequest,
    answered: (answer: AdmitResult) => void,
    interrupted: () => boolean,
  ): Promise<AdmitResult | undefined>;
  /** The newest record of a cluster. */
  cluster(name: string, interrupted: () => boolean): Promise<ClusterRecord | undefined>;
}

/** What a lifecycle shares with the others of its workflow. */
export interface Surroundings {
  readonly asking: Asking;
  /** How many of launch, stop and finish are under way: a continue-as-new waits until there is none. */
  readonly steps: { underWay: number };
  /** Whether the run should be continued as new at the next moment when nothing is in flight. */
  readonly renewWanted: () => boolean;
  /** Whether nothing new is to be begun, so that the moment for a continue-as-new comes. */
  readonly held: () => boolean;
  /** Whether steps that may be done again are to be given up for it. */
  readonly hurried: () => boolean;
}

/** One attempt's surroundings. */
export interface Course extends Surroundings {
  /** Who the attempt is; `id` is added by the lifecycle. */
  readonly ref: AttemptRef;
  readonly timings: LifecycleTimings;
  readonly wishes: Wishes;
  readonly progress: Progress;
  /** The spec of this attempt. */
  readonly spec: () => CarriedSpec;
  /** The newest retry policy: it decides whether there is a next attempt. */
  retry(): Retry;
  state(): JobState;
  tell(happening: Happening): void;
  /** Whether all that was told so far is in the store. */
  written(): boolean;
  /** What the store may be told together with the answer of admission; nothing while something else must be written first. */
  telling(): Telling | undefined;
  /** These are in the store; the last of them may still have to be told. */
  wrote(events: readonly JobEvent[]): void;
}

/** How a course left the lifecycle: the attempt has ended, or the run is to be continued as new. */
export type Left = 'ended' | 'renew';
