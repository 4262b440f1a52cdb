// Hooks: each app's webhook signing key, and the deliveries that were given up.
import { randomBytes } from 'node:crypto';
import type { JobEvent } from '../../specs/execution.ts';
import type { Hooks } from '../contract.ts';
import type { Queries, Sql } from './sql.ts';
import { now } from './values.ts';

const keyOf = (db: Queries, app: string) => db.selectFrom('signing_keys').select('key').where('app', '=', app).executeTakeFirst();

export function sqlHooks({ db, write }: Sql): Hooks {
  return {
    async signingKey(app) {
      const kept = await keyOf(db, app);
      if (kept !== undefined) return kept.key;
      return write(async (trx) => {
        // The prefix and base64 are the form that the Standard Webhooks libraries take.
        const key = `whsec_${randomBytes(32).toString('base64')}`;
        await trx
          .insertInto('signing_keys')
          .values({ app, key, created_at: now() })
          .onConflict((c) => c.column('app').doNothing())
          .execute();
        return (await keyOf(trx, app))!.key;
      });
    },

    deadLetter: (letter) =>
      write(async (trx) => {
        await trx
          .insertInto('dead_letters')
          .values({
            id: letter.id,
            job_id: letter.jobId,
            app: letter.app,
            url: letter.url,
            event: JSON.stringify(letter.event),
            error: letter.error,
            at: letter.at,
          })
          .onConflict((c) => c.column('id').doUpdateSet({ error: letter.error, at: letter.at }))
          .execute();
      }),

    async deadLetters(app, limit) {
      let query = db.selectFrom('dead_letters').selectAll().orderBy('at', 'desc').orderBy('id').limit(limit);
      if (app !== undefined) query = query.where('app', '=', app);
      const rows = await query.execute();
      return rows.map(({ job_id, event, ...row }) => ({ ...row, jobId: job_id, event: JSON.parse(event) as JobEvent }));
    },
  };
}
