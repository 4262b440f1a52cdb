// Audit: append-only, each entry holds the hash of the one before, so that a change or a gap shows.
import type { Selectable } from 'kysely';
import { digestOf } from '../../specs/canonical.ts';
import type { Audit, AuditEntry } from '../contract.ts';
import type { Queries, Sql } from './sql.ts';
import type { AuditTable } from './tables.ts';
import { filled, fromJson, toJson } from './values.ts';

/** The hash of an entry: of the hash before it ("" for the very first) and its canonical JSON. */
const auditHash = (previous: string, entry: AuditEntry): string => digestOf([previous, entry]);

/** Adds an entry within a transaction. */
export async function appendEntry(trx: Queries, entry: AuditEntry): Promise<void> {
  const last = await trx.selectFrom('audit').select('hash').orderBy('position', 'desc').limit(1).executeTakeFirst();
  const { at, by, app, action, object, detail } = entry;
  const row = { at, by, app, action, object, detail: toJson(detail), hash: auditHash(last?.hash ?? '', entry) };
  await trx.insertInto('audit').values(row).execute();
}

export function sqlAudit({ db, write }: Sql): Audit {
  return {
    append: (entry) => write((trx) => appendEntry(trx, entry)),

    async list({ app, before, limit }) {
      let query = db.selectFrom('audit').selectAll().orderBy('position', 'desc').limit(limit);
      if (app !== undefined) query = query.where('app', '=', app);
      if (before !== undefined) query = query.where('position', '<', before);
      return (await query.execute()).map(fromRow);
    },

    prune: (before) =>
      write(async (trx) => {
        // From the oldest up to the first that stays, so that no gap is made where clocks differed. The newest stays: the chain goes on from it.
        const first = await trx.selectFrom('audit').select('position').where('at', '>=', before).orderBy('position').limit(1).executeTakeFirst();
        const newest = await trx.selectFrom('audit').select('position').orderBy('position', 'desc').limit(1).executeTakeFirst();
        const keepFrom = first?.position ?? newest?.position;
        if (keepFrom === undefined) return 0;
        const { numDeletedRows } = await trx.deleteFrom('audit').where('position', '<', keepFrom).executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
}

const fromRow = (row: Selectable<AuditTable>): AuditEntry & { position: number; hash: string } => ({
  at: row.at,
  by: row.by,
  app: row.app,
  action: row.action,
  object: row.object,
  ...filled({ detail: fromJson(row.detail) as AuditEntry['detail'] }),
  position: row.position,
  hash: row.hash,
});
