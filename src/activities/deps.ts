// What the activities need from the process that runs them; src/processes wires it.
import type { AsyncCompletionClient, Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { AdapterType, Host } from '../adapters/contract.ts';
import type { ComposeDeps } from '../compose/deps.ts';
import type { JobType } from '../jobtypes/contract.ts';
import type { Config } from '../specs/config.schema.ts';
import type { ArtifactStore } from '../store/artifacts.ts';
import type { Store } from '../store/contract.ts';
import type { LogStore } from '../store/logs.ts';
import type { BackfillTurn } from '../specs/backfill.ts';
import type { BackfillRow } from '../store/backfills-contract.ts';
import type { CycleStart, ScheduleRef, WaitingCycle } from '../specs/schedule-run.ts';

/** A registry of types by name; an unknown name is refused with LongshoreError('UNKNOWN_TYPE'). */
export interface Registry<T> {
  get(type: string): T;
}

/** What a worker process gives its activities. */
export interface WorkerDeps {
  readonly config: Config;
  /** Its stable id and data folder. */
  readonly host: Host;
  /**
   * Heartbeats and completions by task token, over a plain Connection of its own: a deadline there ends a call that the native
   * connection would retry for ever, and a start must not wait for an answer that comes too late.
   */
  readonly tokens: AsyncCompletionClient;
  readonly adapters: Registry<AdapterType>;
  readonly jobTypes: Registry<JobType>;
  readonly logs: LogStore;
  readonly artifacts: ArtifactStore;
  readonly logger: Logger;
  /** Reads a variable of the worker's own environment, for secrets. */
  readonly environment: (name: string) => string | undefined;
  /** Aborted when the worker drains. */
  readonly drain: AbortSignal;
  readonly version: string;
}

/** Acts as the app of the schedule. */
export interface CycleRunner {
  /** The job or run of a cycle, new or there before; or why it can never be. Throws what may pass. */
  start(schedule: ScheduleRef, cycle: WaitingCycle): Promise<CycleStart>;
  /** Asks for the end of a job or run, which `cycle` replaces. Throws what may pass. */
  kill(schedule: ScheduleRef, id: string, cycle: string): Promise<void>;
}

/** Which definition a cycle of a backfill is of: its own, or that of a DAG that waits for it. */
interface OfDefinition {
  readonly name: string;
}

/** Acts as the app of the backfill. All throw what may pass. */
export interface BackfillRunner {
  /** The job or run of a cycle, new or there before; or why it can never be. */
  start(backfill: BackfillRow, cycle: WaitingCycle & OfDefinition): Promise<BackfillTurn>;
  /** Runs a job or run again in place, once for this backfill: `round` is the attempt or generation that it follows. */
  rerun(backfill: BackfillRow, object: OfDefinition & { readonly cycle: string; readonly id: string; readonly round: number }): Promise<BackfillTurn>;
  kill(backfill: BackfillRow, id: string): Promise<void>;
}

/** What a scheduler process gives its activities. */
export interface SchedulerDeps extends ComposeDeps {
  readonly config: Config;
  readonly store: Store;
  readonly client: Client;
  readonly logger: Logger;
  /** Called after a release or an arrival, so that whoever waits is granted without delay. */
  readonly poke: () => void;
  /** Starts and ends what schedules ask for, by the use cases of a caller: the process brings them, because activities know no core. */
  readonly cycles: CycleRunner;
  /** The same for backfills. */
  readonly backfills: BackfillRunner;
}

/** What the duties of a scheduler process need. */
export type DutyDeps = Pick<SchedulerDeps, 'config' | 'store' | 'client' | 'adapters' | 'logger'>;
