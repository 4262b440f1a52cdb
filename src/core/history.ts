// Reads what Temporal knows of one workflow of a job or a run: the truth that `rebuild` compares the store with.
import type { AdmitResult } from '../specs/activities.ts';
import type { JobEvent, JobInput, JobResult } from '../specs/execution.ts';
import type { JobSnapshot } from '../specs/messages.ts';
import { SNAPSHOT_QUERY } from '../specs/messages.ts';
import type { Deps } from './deps.ts';
import { firstValue } from '../temporal/payloads.ts';
import { ask } from './temporal.ts';

/** `input` is missing in a run that a rerun began; `state` where neither result nor snapshot can be had. */
export interface Told {
  readonly runId: string;
  readonly input?: JobInput;
  readonly result?: JobResult;
  readonly snapshot?: JobSnapshot;
}

/** Asks for one run. A running one answers by its snapshot, which needs a scheduler that is alive. */
export async function readRun(deps: Deps, workflowId: string, runId: string, status: string): Promise<Told> {
  const handle = deps.temporal.workflow.getHandle(workflowId, runId, { followRuns: false });
  const input = await startInput(deps, workflowId, runId);
  const told = { runId, ...(input !== undefined && { input }) };
  if (status === 'COMPLETED') return { ...told, result: (await ask(deps.temporal, () => handle.result())) as JobResult };
  if (status !== 'RUNNING') return told;
  try {
    return { ...told, snapshot: await ask(deps.temporal, () => handle.query<JobSnapshot>(SNAPSHOT_QUERY), 2_000) };
  } catch (error) {
    deps.logger.warn({ err: error, workflowId }, 'a running job does not tell its state; its next record will');
    return told;
  }
}

/** The first argument in the first event of a run. */
export async function startInput<Input = JobInput>(deps: Deps, workflowId: string, runId: string): Promise<Input | undefined> {
  const { history } = await ask(deps.temporal, () =>
    deps.temporal.workflowService.getWorkflowExecutionHistory({
      namespace: deps.temporal.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    }),
  );
  return await firstValue<Input>(deps.temporal, history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads);
}

/** Name of the markers that hold the results of local activities. */
const LOCAL_ACTIVITY = 'core_local_activity';
/** What the results of such an activity say of events. */
const EVENTS_OF: { readonly [activity: string]: ((result: unknown) => readonly JobEvent[] | undefined) | undefined } = {
  record: (result) => result as JobEvent[] | undefined,
  admit: (result) => (result as AdmitResult | undefined)?.events,
  take: (result) => (result as AdmitResult | undefined)?.events,
};

/** Every event that a run has told the store, as the results of its local activities keep them in history. */
export async function recordedEvents(deps: Deps, workflowId: string, runId: string): Promise<JobEvent[]> {
  const recorded: JobEvent[] = [];
  for await (const { activity, result } of localResults(deps, workflowId, runId)) recorded.push(...(EVENTS_OF[activity]?.(result) ?? []));
  return recorded;
}

/** The results of the local activities of a run, in their order. */
export async function* localResults(deps: Deps, workflowId: string, runId: string): AsyncGenerator<{ activity: string; result: unknown }> {
  const history = await ask(deps.temporal, () => deps.temporal.workflow.getHandle(workflowId, runId).fetchHistory());
  for (const { markerRecordedEventAttributes: marker } of history.events ?? []) {
    const about = marker?.details?.['data']?.payloads?.[0];
    if (marker?.markerName !== LOCAL_ACTIVITY || !about?.data) continue;
    const { activity_type: activity = '' } = JSON.parse(Buffer.from(about.data).toString()) as { activity_type?: string };
    yield { activity, result: await firstValue<unknown>(deps.temporal, marker.details?.['result']?.payloads) };
  }
}
