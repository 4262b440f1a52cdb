// Access: tokens by the SHA-256 of their secret. A look-up by hash tells an attacker nothing by its timing: the hash of a guess is not near a real one.
import type { Access, Role, Token } from '../contract.ts';
import type { Sql } from './sql.ts';
import type { TokensTable } from './tables.ts';
import { filled, now } from './values.ts';

export function sqlAccess({ db, write }: Sql): Access {
  return {
    add: (token, hash) =>
      write(async (trx) => {
        const row = {
          id: token.id,
          hash,
          name: token.name,
          app: token.app,
          role: token.role,
          created_at: now(),
          created_by: token.createdBy,
          expires_at: token.expiresAt ?? null,
          revoked_at: token.revokedAt ?? null,
        };
        await trx.insertInto('tokens').values(row).execute();
        return fromRow(row);
      }),

    async byHash(hash) {
      const row = await db.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
      if (row === undefined || row.revoked_at !== null) return undefined;
      return row.expires_at !== null && row.expires_at <= now() ? undefined : fromRow(row);
    },

    async list(app) {
      let query = db.selectFrom('tokens').selectAll().orderBy('created_at').orderBy('id');
      if (app !== undefined) query = query.where('app', '=', app);
      return (await query.execute()).map(fromRow);
    },

    revoke: (id) =>
      write(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('tokens')
          .set({ revoked_at: now() })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),
  };
}

const fromRow = (row: TokensTable): Token => ({
  id: row.id,
  name: row.name,
  app: row.app,
  role: row.role as Role,
  createdAt: row.created_at,
  createdBy: row.created_by,
  ...filled({ expiresAt: row.expires_at, revokedAt: row.revoked_at }),
});
