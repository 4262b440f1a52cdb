// Workers as the scheduler last heard of them.
import type { WorkerRow, Workers } from '../contract.ts';
import type { Sql } from './sql.ts';

export function sqlWorkers({ db, write }: Sql): Workers {
  return {
    seen: (worker) =>
      write(async (trx) => {
        const row = {
          group_name: worker.group,
          host: worker.host,
          seen_at: worker.seenAt,
          offline: worker.offline ? 1 : 0,
          slots: worker.slots,
          running: worker.running,
          load: worker.load,
          free_memory: worker.freeMemory,
          version: worker.version,
        };
        await trx
          .insertInto('workers')
          .values({ worker_id: worker.workerId, ...row })
          // Two schedulers may mirror the same worker: the older news loses.
          .onConflict((c) => c.column('worker_id').doUpdateSet(row).where('workers.seen_at', '<=', worker.seenAt))
          .execute();
      }),

    async list() {
      const rows = await db.selectFrom('workers').selectAll().orderBy('worker_id').execute();
      return rows.map((row): WorkerRow => ({
        workerId: row.worker_id,
        group: row.group_name,
        host: row.host,
        seenAt: row.seen_at,
        offline: row.offline === 1,
        slots: row.slots,
        running: row.running,
        load: row.load,
        freeMemory: row.free_memory,
        version: row.version,
      }));
    },
  };
}
