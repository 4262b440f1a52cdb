// What the nodes of a run have given, as expressions read it.
import { jobsOf } from '../../dags/written.ts';
import type { NodeSpec } from '../../specs/dag-node.schema.ts';
import type { Json, Outputs } from '../../specs/execution.ts';
import { isEnd } from '../../specs/status.ts';
import type { Executions, JobRow } from '../../store/contract.ts';
import { notYet } from './not-yet.ts';

const PAGE = 500;

/**
 * Outputs of a node that succeeded: those of the job after its items where there is one, else a list in the order of the items. Undefined where
 * no job of it succeeded: it was marked so, or it is a wait. `ofItems`: the list in any case.
 */
export async function nodeOutputs(executions: Executions, run: string, name: string, node: NodeSpec, ofItems = false): Promise<Json | undefined> {
  const jobs = jobsOf(name, node);
  const giving = ofItems ? jobs[0] : jobs.at(-1);
  if (giving === undefined) return undefined;
  const rows = await rowsOf(executions, run, name);
  if (giving.part !== 'item') {
    const row = rows.find(({ item }) => item === (giving.part === 'final' ? 'final' : undefined));
    return row && (await jobOutputs(executions, row));
  }
  const items = rows.filter((row): row is JobRow & { item: number } => typeof row.item === 'number').sort((a, b) => a.item - b.item);
  const list: Json[] = [];
  for (const row of items) list.push((await jobOutputs(executions, row)) ?? {});
  return list;
}

async function rowsOf(executions: Executions, run: string, node: string): Promise<JobRow[]> {
  const rows: JobRow[] = [];
  for (let before: string | undefined; ;) {
    const page = await executions.jobs({ run, node }, { limit: PAGE, ...(before !== undefined && { before }) });
    rows.push(...page);
    if (page.length < PAGE) return rows;
    before = page.at(-1)!.jobId;
  }
}

async function jobOutputs(executions: Executions, { jobId, attempt, status }: JobRow): Promise<Json | undefined> {
  if (!isEnd(status)) throw notYet(`job ${jobId} has ended, and the store does not know it yet`);
  if (status !== 'SUCCEED') return undefined;
  const newest = (await executions.attempts(jobId)).find((row) => row.attempt === attempt);
  return plain(newest?.outputs ?? {});
}

/** A value as it is; a file by its name and digest. */
const plain = (outputs: Outputs): Json =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [
      name,
      'value' in output ? output.value : { name: output.name, sha256: output.sha256, size: output.size },
    ]),
  );
