// What the shared queries ask of a dialect.
import type { Kysely, Transaction } from 'kysely';
import type { Executions } from '../contract.ts';
import type { Tables } from './tables.ts';

export interface Sql {
  /** For reads outside a transaction. */
  readonly db: Kysely<Tables>;
  /** One transaction that nobody else's write can slip into: BEGIN IMMEDIATE in SQLite, row locks elsewhere. Rolled back when `work` throws. */
  readonly write: <T>(work: (trx: Transaction<Tables>) => Promise<T>) => Promise<T>;
  /** Calls back with what a transaction of `write` has recorded of jobs, once it is committed. */
  readonly onRecorded: Executions['onRecorded'];
}

/** Either of the two: queries that serve reads and transactions alike. */
export type Queries = Kysely<Tables>;
