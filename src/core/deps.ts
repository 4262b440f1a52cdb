// What every use case is given: the stores, Temporal, the registries; and who asks.
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { AdapterRegistry } from '../adapters/registry.ts';
import type { JobTypeRegistry } from '../jobtypes/registry.ts';
import type { Config } from '../specs/config.schema.ts';
import type { ArtifactStore } from '../store/artifacts.ts';
import type { Role, Store, Token } from '../store/contract.ts';
import type { LogStore } from '../store/logs.ts';
import type { Counts } from './counts.ts';
import type { Live } from './live.ts';
import type { Pulse } from './pulse.ts';
import type { Dags } from './run-dag.ts';

/** What `createCore` is given. */
export interface CoreOptions {
  readonly store: Store;
  readonly temporal: Client;
  readonly logs: LogStore;
  readonly artifacts: ArtifactStore;
  readonly adapters: AdapterRegistry;
  readonly jobTypes: JobTypeRegistry;
  readonly config: Config;
  readonly logger: Logger;
  /** The client shares a NativeConnection with the scheduler's worker in this process: a new job's first task needs no round trip. */
  readonly eagerStart?: boolean;
}

export interface Deps extends CoreOptions {
  /** The installation's mark, read once. */
  readonly mark: () => Promise<string>;
  readonly pulse: Pulse;
  readonly live: Live;
  readonly counts: Counts;
  /** The DAGs of runs, as they were pinned. */
  readonly dags: Dags;
}

/** Who asks: a token, and the app it acts for (an admin's may be another than the token's own). */
export interface Caller {
  readonly token: Token;
  readonly app: string;
  readonly role: Role;
}

/** The caller's name in events, audit and `createdBy`. */
export const byOf = (caller: Caller): string => `${caller.token.app}/${caller.token.name}`;
