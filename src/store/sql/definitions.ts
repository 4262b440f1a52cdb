// Definitions: stored documents and their versions. A head row names the newest version and hides what was removed.
import { LongshoreError } from '../../specs/errors.ts';
import type { Kind } from '../../specs/documents.schema.ts';
import type { Definition, Definitions } from '../contract.ts';
import { crashPoint } from '../../crash-points.ts';
import { now } from './values.ts';
import type { Queries, Sql } from './sql.ts';
import type { DefinitionsTable } from './tables.ts';

export function sqlDefinitions({ db, write }: Sql): Definitions {
  return {
    put: (definition, ifVersion) => write((trx) => put(trx, definition, ifVersion)),
    get: (kind, app, name, version) => (version === undefined ? newest(db, kind, app, name) : numbered(db, kind, app, name, version)),
    list: (kind, app, page) => list(db, kind, app, page),

    async versions(kind, app, name, { before, limit }) {
      let query = db
        .selectFrom('definitions')
        .select(['kind', 'app', 'name', 'version', 'digest', 'created_at', 'created_by'])
        .where('kind', '=', kind)
        .where('app', '=', app)
        .where('name', '=', name)
        .orderBy('version', 'desc')
        .limit(limit);
      if (before !== undefined) query = query.where('version', '<', before);
      return (await query.execute()).map(headOfRow);
    },

    async all({ after, limit }) {
      let query = db.selectFrom('definitions').selectAll().orderBy('kind').orderBy('app').orderBy('name').orderBy('version').limit(limit);
      if (after !== undefined) {
        const { kind, app, name, version } = after;
        query = query.where((e) => e(e.refTuple('kind', 'app', 'name', 'version'), '>', e.tuple(kind as string, app, name, version)));
      }
      return (await query.execute()).map(fromRow);
    },

    remove: (kind, app, name, by) =>
      write(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('definition_heads')
          .set({ removed_at: now(), removed_by: by })
          .where('kind', '=', kind)
          .where('app', '=', app)
          .where('name', '=', name)
          .where('removed_at', 'is', null)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
  };
}

async function put(trx: Queries, definition: Omit<Definition, 'version' | 'createdAt'>, ifVersion: number | undefined): Promise<Definition> {
  const { kind, app, name } = definition;
  const current = await newest(trx, kind, app, name);
  const version = current?.version ?? 0;
  if (ifVersion !== undefined && ifVersion !== version) {
    const is = version === 0 ? 'is not there' : `is at version ${version}`;
    throw new LongshoreError('VERSION_CONFLICT', `${kind} ${name} ${is}, you expected ${ifVersion === 0 ? 'none' : `version ${ifVersion}`}`);
  }
  if (current?.digest === definition.digest) return current;

  // A removed one goes on counting: a version number never means two specs.
  const head = await headOf(trx, kind, app, name);
  const row = {
    kind,
    app,
    name,
    digest: definition.digest,
    version: (head?.version ?? 0) + 1,
    spec: JSON.stringify(definition.spec),
    created_at: now(),
    created_by: definition.createdBy,
  };
  await trx.insertInto('definitions').values(row).execute();
  await trx
    .insertInto('definition_heads')
    .values({ kind, app, name, version: row.version, removed_at: null, removed_by: null })
    .onConflict((c) => c.columns(['kind', 'app', 'name']).doUpdateSet({ version: row.version, removed_at: null, removed_by: null }))
    .execute();
  crashPoint('definition.before-commit');
  return fromRow(row);
}

const headOf = (db: Queries, kind: Kind, app: string, name: string) =>
  db
    .selectFrom('definition_heads')
    .select(['version', 'removed_at'])
    .where('kind', '=', kind)
    .where('app', '=', app)
    .where('name', '=', name)
    .executeTakeFirst();

/** The newest versions of those that are there and not hidden. */
export async function newestOf(db: Queries, kind: Kind, app: string, names: readonly string[]): Promise<Definition[]> {
  if (names.length === 0) return [];
  return (await heads(db, kind).where('h.app', '=', app).where('h.name', 'in', names).execute()).map(fromRow);
}

/** The newest versions of all that are not hidden. */
export const allNewest = async (db: Queries, kind: Kind): Promise<Definition[]> => (await heads(db, kind).execute()).map(fromRow);

const newest = async (db: Queries, kind: Kind, app: string, name: string) => (await newestOf(db, kind, app, [name]))[0];

async function numbered(db: Queries, kind: Kind, app: string, name: string, version: number): Promise<Definition | undefined> {
  const row = await db
    .selectFrom('definitions')
    .selectAll()
    .where('kind', '=', kind)
    .where('app', '=', app)
    .where('name', '=', name)
    .where('version', '=', version)
    .executeTakeFirst();
  return row && fromRow(row);
}

const heads = (db: Queries, kind: Kind) =>
  db
    .selectFrom('definition_heads as h')
    .innerJoin('definitions as d', (join) =>
      join.onRef('d.kind', '=', 'h.kind').onRef('d.app', '=', 'h.app').onRef('d.name', '=', 'h.name').onRef('d.version', '=', 'h.version'),
    )
    .selectAll('d')
    .where('h.kind', '=', kind)
    .where('h.removed_at', 'is', null);

/** Over all apps a page may be longer than asked: it never ends between two apps' definitions of one name, because the next begins after that name. */
async function list(db: Queries, kind: Kind, app: string | undefined, page: { after?: string; limit: number }): Promise<Definition[]> {
  let query = heads(db, kind).orderBy('h.name').orderBy('h.app').limit(page.limit);
  if (app !== undefined) query = query.where('h.app', '=', app);
  if (page.after !== undefined) query = query.where('h.name', '>', page.after);
  const rows = await query.execute();
  const last = rows.at(-1);
  if (app === undefined && last !== undefined && rows.length === page.limit)
    rows.push(...(await heads(db, kind).where('h.name', '=', last.name).where('h.app', '>', last.app).orderBy('h.app').execute()));
  return rows.map(fromRow);
}

const fromRow = (row: DefinitionsTable): Definition => ({ ...headOfRow(row), spec: JSON.parse(row.spec) as Definition['spec'] });

const headOfRow = (row: Omit<DefinitionsTable, 'spec'>): Omit<Definition, 'spec'> => ({
  kind: row.kind as Kind,
  app: row.app,
  name: row.name,
  version: row.version,
  digest: row.digest,
  createdAt: row.created_at,
  createdBy: row.created_by,
});
