// Lists that are walked in the order of ids, within a time of creation.
import type { Queries } from './sql.ts';
import type { Id } from './tables.ts';

export interface Bounds {
  readonly lowest?: string;
  readonly highest?: string;
}

/**
 * The ids between `since` and `until`, by the index on creation time. Ids rise with creation time, so they bound the walk;
 * the times themselves are to be compared as well.
 */
export async function idsBetween(
  db: Queries,
  table: 'jobs' | 'runs',
  { since, until }: { since?: string | undefined; until?: string | undefined },
): Promise<Bounds | 'none'> {
  const edge = async (operator: '>=' | '<', time: string): Promise<string | undefined> => {
    const direction = operator === '>=' ? 'asc' : 'desc';
    const id = db.dynamic.ref(table === 'jobs' ? 'job_id' : 'run_id');
    const row = await db
      .selectFrom(table)
      .select((e) =>
        e
          .ref(table === 'jobs' ? 'job_id' : 'run_id')
          .$castTo<Id>()
          .as('id'),
      )
      .where('created_at', operator, time)
      .orderBy('created_at', direction)
      .orderBy(id, direction)
      .limit(1)
      .executeTakeFirst();
    return row && String(row.id);
  };
  const lowest = since === undefined ? undefined : await edge('>=', since);
  const highest = until === undefined ? undefined : await edge('<', until);
  if ((since !== undefined && lowest === undefined) || (until !== undefined && highest === undefined)) return 'none';
  return { ...(lowest === undefined ? {} : { lowest }), ...(highest === undefined ? {} : { highest }) };
}
