// What modify and rerun change in a job's spec: kept beside the start input, and shown in the columns that lists, checks and sweeps read.
import type { JobEvent, JobInput } from '../../specs/execution.ts';
import type { JobPatch } from '../../specs/job.schema.ts';
import { applyPatch, type Changes } from '../../specs/patch.ts';
import { specColumns } from './job-rows.ts';
import { changesAfter, type ChangesState } from './projection.ts';
import type { Queries } from './sql.ts';
import type { JobsTable } from './tables.ts';
import { filled, fromJson, toJson } from './values.ts';

/** The changes as `job_inputs` keeps them. */
export const changesOf = (row: { patch: string | null; attempt_patch: string | null }): Changes =>
  filled({ patch: fromJson(row.patch) as JobPatch | undefined, attemptPatch: fromJson(row.attempt_patch) as JobPatch | undefined });

/** Keeps the changes that new events bring; returns the columns of the job's row that change with them. */
export async function takeChanges(trx: Queries, row: JobsTable, events: readonly JobEvent[]): Promise<Partial<ReturnType<typeof specColumns>>> {
  // Most events change nothing, and are written without reading the spec.
  if (events.every(({ patch, attempt }) => patch === undefined && attempt <= row.attempt)) return {};
  const { input, changes } = await inputOf(trx, row);
  const after = events.reduce(changesAfter, { ...changes, attempt: row.attempt });
  return after.patch === undefined ? {} : await keep(trx, row, input, after);
}

/** Keeps the changes that these events alone bring, in place of what was kept. */
export async function rewriteChanges(trx: Queries, row: JobsTable, events: readonly JobEvent[]): Promise<ReturnType<typeof specColumns>> {
  const { input } = await inputOf(trx, row);
  return await keep(trx, row, input, events.reduce(changesAfter, { attempt: 1 }));
}

/** A job of a run that runs again is made anew with the values of that time: its row shows what runs. */
export async function takeInput(trx: Queries, row: JobsTable, input: JobInput): Promise<ReturnType<typeof specColumns> & { digest: string }> {
  const kept = await inputOf(trx, row);
  await trx
    .updateTable('job_inputs')
    .set({ input: JSON.stringify(input) })
    .where('job_id', '=', BigInt(row.job_id))
    .execute();
  return { ...(await keepColumns(trx, row, input, kept.changes.attemptPatch)), digest: input.digest };
}

export async function insertLabels(trx: Queries, job_id: bigint, labels: Readonly<Record<string, string>>): Promise<void> {
  const rows = Object.entries(labels).map(([name, value]) => ({ name, value, job_id }));
  if (rows.length > 0) await trx.insertInto('job_labels').values(rows).execute();
}

async function inputOf(trx: Queries, row: JobsTable): Promise<{ input: JobInput; changes: Changes }> {
  const kept = await trx.selectFrom('job_inputs').selectAll().where('job_id', '=', BigInt(row.job_id)).executeTakeFirstOrThrow();
  return { input: JSON.parse(kept.input) as JobInput, changes: changesOf(kept) };
}

async function keep(trx: Queries, row: JobsTable, input: JobInput, { patch, attemptPatch }: ChangesState) {
  const job_id = BigInt(row.job_id);
  const change = { patch: toJson(patch), attempt_patch: toJson(attemptPatch) };
  await trx.updateTable('job_inputs').set(change).where('job_id', '=', job_id).execute();
  return await keepColumns(trx, row, input, attemptPatch);
}

/** The columns of a spec as it holds for the newest attempt, its labels among them. */
async function keepColumns(trx: Queries, row: JobsTable, input: JobInput, attemptPatch: JobPatch | undefined) {
  const job_id = BigInt(row.job_id);
  const spec = applyPatch(input.spec, attemptPatch);
  const columns = specColumns(spec);
  if (columns.labels !== row.labels) {
    await trx.deleteFrom('job_labels').where('job_id', '=', job_id).execute();
    await insertLabels(trx, job_id, spec.labels);
  }
  return columns;
}
