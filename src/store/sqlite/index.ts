// The embedded store: one SQLite file that several processes of one host may share.
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { LongshoreError } from '../../specs/errors.ts';
import type { AdmissionRules, Store } from '../contract.ts';
import { sqlAccess } from '../sql/access.ts';
import { sqlAdmission } from '../sql/admission.ts';
import { sqlAudit } from '../sql/audit.ts';
import { sqlBackfills } from '../sql/backfills.ts';
import { sqlDefinitions } from '../sql/definitions.ts';
import { sqlExecutions } from '../sql/executions.ts';
import { sqlHooks } from '../sql/hooks.ts';
import { notedChanges } from '../sql/recorded.ts';
import { sqlRuns } from '../sql/runs.ts';
import { sqlSchedules } from '../sql/schedules.ts';
import type { Sql } from '../sql/sql.ts';
import type { Tables } from '../sql/tables.ts';
import { sqlWorkers } from '../sql/workers.ts';
import { whileBusy } from './busy.ts';
import { sqliteDialect } from './dialect.ts';
import { storeError } from './errors.ts';
import { claimHost } from './host.ts';
import { migrate } from './migrate.ts';

export interface SqliteOptions {
  /** Path of the database; it is made when it is not there, its folder is not. */
  readonly file: string;
  readonly rules: AdmissionRules;
}

/** Opens, migrates and returns the store. STORE_UNAVAILABLE or DISK_FULL with the path; CONFLICT when a newer version wrote it, or another host has it open. */
export async function openSqliteStore({ file, rules }: SqliteOptions): Promise<Store> {
  const database = await whileBusy(async () => openDatabase(file));
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  const sql = sqlOf(db);
  let leave: () => Promise<void>;
  try {
    await migrate(sql, file);
    leave = await claimHost(sql, file);
  } catch (error) {
    await db.destroy();
    database.close();
    throw error;
  }
  return {
    definitions: sqlDefinitions(sql),
    executions: sqlExecutions(sql),
    runs: sqlRuns(sql),
    schedules: sqlSchedules(sql),
    backfills: sqlBackfills(sql),
    access: sqlAccess(sql),
    admission: sqlAdmission(sql, rules),
    workers: sqlWorkers(sql),
    audit: sqlAudit(sql),
    hooks: sqlHooks(sql),
    mark: async () => (await db.selectFrom('meta').select('value').where('name', '=', 'mark').executeTakeFirstOrThrow()).value,
    ping: async () => {
      await db.selectFrom('meta').select('name').limit(1).execute();
    },
    close: async () => {
      // A store that cannot be written to is left without a word.
      await leave().catch(() => undefined);
      await db.destroy();
    },
  };
}

function sqlOf(db: Kysely<Tables>): Sql {
  const listeners: Parameters<Sql['onRecorded']>[0][] = [];
  return {
    db,
    async write(work) {
      const { result, changes } = await db.transaction().execute(async (trx) => ({ result: await work(trx), changes: notedChanges(trx) }));
      if (changes.length > 0) for (const listener of listeners) listener(changes);
      return result;
    },
    onRecorded: (listener) => void listeners.push(listener),
  };
}

function openDatabase(file: string): Database.Database {
  let database: Database.Database | undefined;
  try {
    // It holds signing keys: for its owner only. SQLite gives the files beside it the same mode.
    closeSync(openSync(file, 'a', 0o600));
    // A short wait: longer ones are the driver's, which does not stop the event loop.
    database = new Database(file, { timeout: 200 });
    database.defaultSafeIntegers(true);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    return database;
  } catch (error) {
    database?.close();
    const known = storeError(error, file);
    if (known !== error) throw known;
    throw new LongshoreError('STORE_UNAVAILABLE', `cannot open ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
