// Brings a database to this version, or refuses one that this version must not touch.
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { LongshoreError } from '../../specs/errors.ts';
import { digestOf } from '../../specs/canonical.ts';
import { MIGRATIONS } from '../migrations/index.ts';
import type { Sql } from '../sql/sql.ts';

/** Safe to run by several processes at once: each looks at what is done after it has the write lock. CONFLICT for a newer or an edited one. */
export async function migrate(
  { db, write }: Pick<Sql, 'db' | 'write'>,
  file: string,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<void> {
  const provider = { getMigrations: async () => ({ ...migrations }) };
  const applied = await appliedNames({ db });
  const newer = applied.find((name) => !(name in migrations));
  if (newer !== undefined)
    throw new LongshoreError('CONFLICT', `${file} was written by a newer version of Longshore (it has migration ${newer}): start that version`);

  // The migrator makes its own tables first; in one transaction, so that two processes cannot both do it.
  const sums = Object.fromEntries(await Promise.all(Object.entries(migrations).map(async ([name, m]) => [name, await checksum(m)] as const)));
  await write(async (trx) => {
    const { error, results } = await new Migrator({ db: trx, provider }).migrateToLatest();
    if (error !== undefined) throw error;
    for (const { migrationName } of results ?? [])
      await trx
        .insertInto('meta')
        .values({ name: `migration ${migrationName}`, value: sums[migrationName]! })
        .execute();
    const kept = await trx.selectFrom('meta').selectAll().where('name', 'like', 'migration %').execute();
    const edited = kept.find(({ name, value }) => sums[name.slice('migration '.length)] !== value);
    if (edited !== undefined)
      throw new LongshoreError('CONFLICT', `${edited.name} of ${file} is not the one of this version: it was edited after release`);
  });
}

async function appliedNames({ db }: Pick<Sql, 'db'>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const known = db.$extendTables<{ kysely_migration: { name: string } }>();
  return (await known.selectFrom('kysely_migration').select('name').orderBy('name').execute()).map(({ name }) => name);
}

/** SHA-256 of the statements that it runs: comments and formatting may change, tables may not. */
async function checksum(migration: Migration): Promise<string> {
  const statements: string[] = [];
  const dry = new Kysely<unknown>({
    dialect: {
      createDriver: () => new DummyDriver(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createAdapter: () => new SqliteAdapter(),
      createIntrospector: (db) => new SqliteIntrospector(db),
    },
    log: ({ query }) => void statements.push(query.sql),
  });
  await migration.up(dry);
  return digestOf(statements);
}
