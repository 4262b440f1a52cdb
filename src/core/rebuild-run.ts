// One run of a DAG from its histories: its input from the first, its events and those of its nodes' jobs from what it has told the store.
import type { AdmitResult } from '../specs/activities.ts';
import type { JobEvent, JobInput } from '../specs/execution.ts';
import { nodeJobAddress } from '../specs/identity.ts';
import type { RecordAllResult, RunAnswer, RunEvent, RunInput, Settled } from '../specs/run.ts';
import type { Deps } from './deps.ts';
import { localResults, startInput } from './history.ts';

/** One execution of a workflow. */
export interface Execution {
  readonly runId: string;
  readonly status: string;
  readonly startedAt: number;
}
export type Outcome = 'added' | 'corrected' | 'known';

/** What is under way is in no history yet; its next record tells it. */
export async function rebuildRun(deps: Deps, workflowId: string, executions: readonly Execution[]): Promise<Outcome> {
  const { runs } = deps.store;
  const before = await runs.byWorkflowId(workflowId);
  const input = before?.input ?? (await firstInput(deps, workflowId, executions));
  if (input === undefined) return 'known';
  if (before === undefined) await runs.created(input, workflowId);
  const told = await toldBy(deps, workflowId, executions);
  const temporalRunId = executions[0]!.runId;
  const jobsChanged = await writeJobs(deps, workflowId, temporalRunId, told);
  const events = told.runs.filter(({ seq }) => seq > (before?.seq ?? 0));
  if (events.length > 0) await runs.record({ input, workflowId, temporalRunId, events });
  if (before === undefined) return 'added';
  return events.length > 0 || jobsChanged ? 'corrected' : 'known';
}

/** A rerun's execution, and one that was continued, began otherwise; the oldest one has the input. */
async function firstInput(deps: Deps, workflowId: string, executions: readonly Execution[]): Promise<RunInput | undefined> {
  for (const { runId } of executions.toReversed()) {
    const started = await startInput<RunInput | null>(deps, workflowId, runId);
    if (!started) continue;
    const { carried: _, ...input } = started;
    return input;
  }
  deps.logger.warn({ workflowId }, 'no execution of this run has an input any more: it cannot be rebuilt');
  return undefined;
}

interface ToldByRun {
  readonly runs: RunEvent[];
  /** Newest input of each job, by its id. */
  readonly inputs: Map<string, JobInput>;
  readonly events: Map<string, JobEvent[]>;
}

/** What all executions have told, oldest first. */
async function toldBy(deps: Deps, workflowId: string, executions: readonly Execution[]): Promise<ToldByRun> {
  const runs = new Map<number, RunEvent>();
  const inputs = new Map<string, JobInput>();
  const events = new Map<string, JobEvent[]>();
  const take = (jobId: string, more: readonly JobEvent[]): void => void events.set(jobId, [...(events.get(jobId) ?? []), ...more]);
  for (const { runId } of executions.toReversed()) {
    for await (const { activity, result } of localResults(deps, workflowId, runId)) {
      if (activity === 'recordAll') {
        const recorded = result as RecordAllResult;
        for (const event of recorded.runs) runs.set(event.seq, event);
        for (const job of recorded.jobs) take(job.jobId, job.events);
      } else if (activity === 'admitAll' || activity === 'takeAll') {
        for (const settled of result as readonly Settled<AdmitResult>[]) {
          if ('ok' in settled && settled.ok.jobId !== undefined) take(settled.ok.jobId, settled.ok.events ?? []);
        }
      } else if (activity === 'answerAll') {
        for (const answer of result as readonly RunAnswer[]) if ('input' in answer) inputs.set(answer.input.jobId, answer.input);
      }
    }
  }
  return { runs: [...runs.values()].sort((a, b) => a.seq - b.seq), inputs, events };
}

/** Whether any row was added or behind. */
async function writeJobs(deps: Deps, workflowId: string, runId: string, { inputs, events }: ToldByRun): Promise<boolean> {
  let changed = false;
  for (const [jobId, input] of inputs) {
    const { node, item } = input.place!;
    const address = nodeJobAddress(workflowId, node, item);
    const seq = (await deps.store.executions.job(jobId))?.seq ?? 0;
    const missing = new Map((events.get(jobId) ?? []).flatMap((event) => (event.seq > seq ? [[event.seq, event]] : [])));
    if (missing.size === 0) continue;
    const ordered = [...missing.values()].sort((a, b) => a.seq - b.seq);
    await deps.store.executions.record({ jobId, workflowId: address, runId, input, events: ordered });
    changed = true;
  }
  return changed;
}
