// What a run's workflow that was started without an input takes up: the run as the store has it, and the result of its last execution.
import { activityInfo } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { ItemTries, LastRun, RunInput, RunResult } from '../../specs/run.ts';
import type { JobRow, Store } from '../../store/contract.ts';
import type { SchedulerDeps } from '../deps.ts';
import { inputOf, newestClosedRun, resultOf } from '../last-run.ts';
import { endLostRun, killChildren } from './lost-run.ts';
import { notYet } from './not-yet.ts';

const PAGE = 1_000;

/**
 * Null when neither the store nor Temporal has a trace of it; the workflow asks again, because lists lag. Throws while jobs or child runs of
 * an execution that was cut off are under way: they are stopped, and what is run again must not run beside them.
 */
export async function lastDagRun(deps: Pick<SchedulerDeps, 'store' | 'client' | 'logger'>, workflowId: string): Promise<LastRun | null> {
  const { client } = deps;
  const { runs, executions } = deps.store;
  const row = await runs.byWorkflowId(workflowId);
  const thisRun = activityInfo().workflowExecution?.runId;
  const before = row?.temporalRunId !== undefined && row.temporalRunId !== thisRun ? row.temporalRunId : undefined;
  const runId = before ?? (await newestClosedRun(client, workflowId, thisRun));
  const result = runId === undefined ? undefined : await resultOf<RunResult>(client, workflowId, runId);
  if (row !== undefined) {
    if (result !== undefined) return { input: row.input, result };
    const newest = await isNewest(client, workflowId, thisRun);
    if (newest && (await killChildren(deps, row))) throw notYet(`child runs of run ${row.runId} are under way, and are stopped first`);
    const tries = itemTries(await stoppedJobs(executions, row.runId));
    // A message that changes nothing would else leave it open for ever: this execution closes, and nobody looks at it again.
    if (newest && row.status !== 'FINISH') await endLostRun(deps, row, { outcome: 'KILLED', reason: 'its workflow was lost' });
    const { seq, generation } = (await runs.run(row.runId)) ?? row;
    return { input: row.input, rows: { seq, generation, nodes: await runs.nodes(row.runId), tries } };
  }
  const input = runId === undefined ? undefined : await inputOf<RunInput>(client, workflowId, runId);
  return input ? { input, ...(result && { result }) } : null;
}

/** One that is not has slept through what came after it: it stops and writes nothing. */
const isNewest = async (client: Client, workflowId: string, thisRun: string | undefined): Promise<boolean> =>
  (await client.workflow.getHandle(workflowId).describe()).runId === thisRun;

async function stoppedJobs(executions: Store['executions'], run: string): Promise<JobRow[]> {
  const all: JobRow[] = [];
  let page: JobRow[];
  do {
    const before = all.at(-1)?.jobId;
    page = await executions.jobs({ run }, { limit: PAGE, ...(before !== undefined && { before }) });
    const going = page.find(({ status }) => status === 'STARTING' || status === 'RUNNING');
    if (going) throw notYet(`job ${going.jobId} is under way, and is stopped first`);
    all.push(...page);
  } while (page.length === PAGE);
  return all;
}

function itemTries(jobs: readonly JobRow[]): { [node: string]: ItemTries } {
  const known = new Map<string, { tries: number[]; final: number }>();
  for (const { node, item, attempt } of jobs) {
    if (node === undefined || item === undefined) continue;
    const its = known.get(node) ?? { tries: [], final: 0 };
    known.set(node, its);
    if (item === 'final') its.final = attempt;
    else its.tries[item] = attempt;
  }
  // An item without a job has had no attempt.
  return Object.fromEntries([...known].map(([node, { tries, final }]) => [node, { tries: Array.from(tries, (tried) => tried ?? 0), final }]));
}
