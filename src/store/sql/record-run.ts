// The write side of runs: one transaction takes new events into the rows of a run and its nodes, and takes back those of a lost workflow task.
import type { RunEvent, RunInput, RunRecord } from '../../specs/run.ts';
import type { Change } from '../contract.ts';
import { LongshoreError } from '../../specs/errors.ts';
import { crashPoint, guardStands } from '../../crash-points.ts';
import { firstContradicted } from './lost-timeline.ts';
import { takePositions } from './positions.ts';
import { noteChanges } from './recorded.ts';
import { nodeAfter, runAfter, runChangesAfter, type NodeState, type RunChanges } from './run-projection.ts';
import { newRunRow, nodeColumns, runColumns, runState, toNode, versionColumn } from './run-rows.ts';
import type { RunNodesTable, RunsTable } from './run-tables.ts';
import type { Queries } from './sql.ts';
import { fromJson, idOf, toJson } from './values.ts';

/** Rows in one statement: a run may begin with ten thousand nodes. */
const ROWS = 100;

/** Inserts the row of a created run; an existing one is left alone. What a run carries between its executions is its workflow's alone. */
export async function insertRun(trx: Queries, given: RunInput, workflowId: string, temporalRunId?: string): Promise<void> {
  const { carried: _, ...input } = given;
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('runs')
    .values(newRunRow(input, workflowId, temporalRunId))
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return;
  const inputs = { run_id: BigInt(input.runId), input: JSON.stringify(input), changes: null };
  await trx.insertInto('run_inputs').values(inputs).execute();
}

/** Takes the events that are new into the rows. A record that comes again finds nothing new and changes nothing. */
export async function recordRun(trx: Queries, record: RunRecord): Promise<void> {
  const row = await takeBackLost(trx, await rowOf(trx, record), record.events);
  const isNew = ({ seq }: RunEvent): boolean => seq > row.seq || !guardStands('record-sequence');
  const events = record.events.filter(isNew).sort((a, b) => a.seq - b.seq);
  if (events.length > 0) noteChanges(trx, await writeEvents(trx, row, events, record.temporalRunId));
  crashPoint('record-run.before-commit');
}

async function rowOf(trx: Queries, { input, workflowId, temporalRunId }: RunRecord): Promise<RunsTable> {
  const find = () => trx.selectFrom('runs').selectAll().where('run_id', '=', idOf(input.runId)).executeTakeFirst();
  const row = await find();
  if (row !== undefined) return row;
  await insertRun(trx, input, workflowId, temporalRunId);
  const inserted = await find();
  if (inserted === undefined) throw new LongshoreError('CONFLICT', `workflow ${workflowId} belongs to another run than ${input.runId}`);
  return inserted;
}

async function writeEvents(trx: Queries, row: RunsTable, events: readonly RunEvent[], temporalRunId: string): Promise<Change[]> {
  const run_id = BigInt(row.run_id);
  const positions = await takePositions(trx, events.length);
  await trx
    .insertInto('run_events')
    .values(events.map((event, i) => ({ position: positions[i]!, run_id, seq: event.seq, app: row.app, event: JSON.stringify(event) })))
    .execute();
  await writeNodes(trx, run_id, events);
  const version = events.some(({ set }) => set !== undefined) ? await takeChanges(trx, run_id, events) : {};
  await trx
    .updateTable('runs')
    .set({ ...runColumns(events.reduce(runAfter, runState(row))), ...version, temporal_run_id: temporalRunId })
    .where('run_id', '=', run_id)
    .execute();
  return positions.map((position) => ({ position, runId: String(run_id), app: row.app }));
}

/** Brings the rows of the nodes that the events are about to where they are after them. */
async function writeNodes(trx: Queries, run_id: bigint, events: readonly RunEvent[]): Promise<void> {
  const names = [...new Set(events.flatMap(({ nodes = [] }) => nodes.map(({ node }) => node)))];
  const states = new Map<string, NodeState>((await nodeRows(trx, run_id, names)).map((row) => [row.node, toNode(row)]));
  for (const { nodes = [], at } of events) for (const change of nodes) states.set(change.node, nodeAfter(states.get(change.node), change, at));
  for (let i = 0; i < names.length; i += ROWS) {
    await trx
      .insertInto('run_nodes')
      .values(names.slice(i, i + ROWS).map((node) => ({ run_id, node, ...nodeColumns(states.get(node)!) })))
      .onConflict((c) =>
        c.columns(['run_id', 'node']).doUpdateSet((e) => ({
          phase: e.ref('excluded.phase'),
          status: e.ref('excluded.status'),
          attempt: e.ref('excluded.attempt'),
          reason: e.ref('excluded.reason'),
          code: e.ref('excluded.code'),
          job_id: e.ref('excluded.job_id'),
          child_run: e.ref('excluded.child_run'),
          items: e.ref('excluded.items'),
          updated_at: e.ref('excluded.updated_at'),
          started_at: e.ref('excluded.started_at'),
          ended_at: e.ref('excluded.ended_at'),
        })),
      )
      .execute();
  }
}

/** Rows of these nodes, as far as there are any. */
export async function nodeRows(db: Queries, runId: bigint, names: readonly string[]): Promise<RunNodesTable[]> {
  const rows: RunNodesTable[] = [];
  for (let i = 0; i < names.length; i += ROWS) {
    const query = db.selectFrom('run_nodes').selectAll().where('run_id', '=', runId);
    rows.push(...(await query.where('node', 'in', names.slice(i, i + ROWS)).execute()));
  }
  return rows;
}

/** Keeps what reruns have changed in the input; returns the columns of the run's row that change with it. */
async function takeChanges(trx: Queries, run_id: bigint, events: readonly RunEvent[], from?: RunChanges) {
  const kept = await trx.selectFrom('run_inputs').selectAll().where('run_id', '=', run_id).executeTakeFirstOrThrow();
  const changes = events.reduce(runChangesAfter, from ?? (fromJson(kept.changes) as RunChanges | undefined) ?? {});
  const column = Object.keys(changes).length === 0 ? null : toJson(changes);
  await trx.updateTable('run_inputs').set({ changes: column }).where('run_id', '=', run_id).execute();
  return versionColumn(JSON.parse(kept.input) as RunInput, changes);
}

/** Removes what these events contradict, from the first such event on; returns the run's row as the events before it make it. */
async function takeBackLost(trx: Queries, row: RunsTable, events: readonly RunEvent[]): Promise<RunsTable> {
  if (events.every(({ seq }) => seq > row.seq)) return row;
  const run_id = BigInt(row.run_id);
  const rows = await trx.selectFrom('run_events').select('event').where('run_id', '=', run_id).orderBy('seq').execute();
  const stored = rows.map(({ event }) => JSON.parse(event) as RunEvent);
  const first = firstContradicted(events, stored);
  if (first === undefined) return row;
  await trx.deleteFrom('run_events').where('run_id', '=', run_id).where('seq', '>=', first).execute();
  const kept = stored.filter(({ seq }) => seq < first);
  const { input } = await trx.selectFrom('run_inputs').select('input').where('run_id', '=', run_id).executeTakeFirstOrThrow();
  const begun = newRunRow(JSON.parse(input) as RunInput, row.workflow_id);
  const columns = { ...runColumns(kept.reduce(runAfter, runState(begun))), ...(await takeChanges(trx, run_id, kept, {})) };
  await trx.updateTable('runs').set(columns).where('run_id', '=', run_id).execute();
  await trx.deleteFrom('run_nodes').where('run_id', '=', run_id).execute();
  await writeNodes(trx, run_id, kept);
  return { ...row, ...columns };
}
