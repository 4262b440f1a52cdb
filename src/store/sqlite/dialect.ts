// Kysely's dialect for better-sqlite3 in a store that several processes share: writes begin IMMEDIATE, and neither a long wait for others
// nor a long series of queries stops the event loop.
import type Database from 'better-sqlite3';
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { whileBusy } from './busy.ts';
import { storeError } from './errors.ts';

/** Prepared statements kept; the queries of the store are fewer, apart from rare filters. */
const STATEMENTS = 500;

export function sqliteDialect(database: Database.Database): Dialect {
  return {
    createDriver: () => new SqliteDriver(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new Adapter(),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  };
}

const nothing = (): void => {};

class Adapter extends SqliteAdapter {
  /** SQLite rolls tables back like rows, so a migration is whole or not there. */
  override get supportsTransactionalDdl(): true {
    return true;
  }
  /** The driver hands out its one connection by itself, first come first served. */
  override get supportsMultipleConnections(): true {
    return true;
  }
}

class SqliteDriver implements Driver {
  readonly #database: Database.Database;
  readonly #connection: Connection;
  #last: Promise<void> = Promise.resolve();
  #release: () => void = nothing;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#connection = new Connection(database);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#last;
    let release = nothing;
    this.#last = new Promise((resolve) => (release = resolve));
    await before;
    this.#release = release;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  /** Takes the write lock at once. A busy database is asked again between turns of the event loop: waiting inside SQLite would stop the process. */
  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const begin = CompiledQuery.raw(settings.accessMode === 'read only' ? 'begin' : 'begin immediate');
    await whileBusy(() => connection.executeQuery(begin));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  /** SQLite itself has rolled back after some errors (a full disk). */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async destroy(): Promise<void> {
    await this.#last;
    this.#database.close();
  }
}

/** A query is synchronous, and one that follows another needs no turn of the event loop: after so long, others get one. */
const TURN_MS = 10;

class Connection implements DatabaseConnection {
  readonly #database: Database.Database;
  /** When the first query of this turn of the event loop began. */
  #turn: number | undefined;
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#turn === undefined) {
      this.#turn = performance.now();
      setImmediate(() => (this.#turn = undefined));
    } else if (performance.now() - this.#turn > TURN_MS) await nextTurn();
    try {
      const statement = this.#prepare(query.sql);
      if (statement.reader) return { rows: statement.all(...query.parameters).map(plainNumbers) as R[] };
      const { changes, lastInsertRowid } = statement.run(...query.parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    } catch (error) {
      throw storeError(error, this.#database.name);
    }
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the store reads pages, it does not stream');
  }

  #prepare(sql: string): Database.Statement<unknown[]> {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.#database.prepare<unknown[]>(sql);
    if (this.#statements.size >= STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** The database gives bigints, so that no 63-bit id loses digits; what fits a number becomes one. */
function plainNumbers(row: unknown): unknown {
  const object = row as Record<string, unknown>;
  for (const column in object) {
    const value = object[column];
    if (typeof value === 'bigint' && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) object[column] = Number(value);
  }
  return object;
}
