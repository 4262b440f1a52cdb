// Gathers the evidence after the healing: API, truth file, process table, webhook receiver, Temporal.
import { readFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { isEnd } from '../../../src/specs/status.ts';
import { WORKFLOW_TYPES } from '../../../src/specs/messages.ts';
import type { EventView, JobView } from '../../../src/specs/views.schema.ts';
import { quietTemporal, workflowBundle } from '../../helpers/temporal.ts';
import type { Evidence, FinalJob, Intent, Limits, LiveProcess, TruthLine, WorkflowSeen } from '../checker/evidence.ts';
import type { JobClient } from './client.ts';
import type { MixPlace } from './mix.ts';
import { marked } from './process-table.ts';
import type { Receiver } from './receiver.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';
import type { Yarn } from './yarn.ts';

/** How long after a job's end something of it may still be alive. */
const T_ORPHAN_MS = 15_000;
const WEBHOOKS_MS = 60_000;

export interface Sources {
  readonly stack: Stack;
  readonly client: JobClient;
  readonly receiver: Receiver;
  readonly place: MixPlace;
  readonly intents: readonly Intent[];
  readonly healedAt: number;
  readonly settledAt: number | undefined;
  readonly limits: Limits;
  readonly yarn?: Yarn;
}

export async function collect(sources: Sources): Promise<Evidence> {
  const { client, receiver, intents } = sources;
  const jobs = await finalJobs(client);
  const truth = await truthLines(sources.place.truth);
  const ended = new Set(jobs.flatMap((job) => (isEnd(job.view.status) ? job.view.attempts.map((attempt) => attempt.key ?? '') : [])));
  const processes = await leftovers(sources.place.run, ended, jobs);
  await webhooksIn(jobs, intents, receiver);
  const { items } = await client.get<{ items: { id: string }[] }>('/api/v1/dead-letters?limit=1000');
  return {
    intents,
    jobs,
    truth,
    processes,
    calls: client.calls,
    sightings: client.sightings,
    webhooks: receiver.received,
    deadLetters: items.map((letter) => letter.id),
    workflows: await workflows(sources.stack.temporalAddress),
    ...(sources.yarn && { cluster: await sources.yarn.evidence() }),
    healedAt: sources.healedAt,
    settledAt: sources.settledAt,
    limits: sources.limits,
  };
}

async function finalJobs(client: JobClient): Promise<FinalJob[]> {
  const jobs: FinalJob[] = [];
  for (const { id } of await client.list()) {
    const view = await client.get<JobView>(`/api/v1/jobs/${id}`);
    const { items: events } = await client.get<{ items: EventView[] }>(`/api/v1/jobs/${id}/events?limit=1000`);
    const ran = view.attempts.some((attempt) => attempt.startedAt !== undefined);
    const log = ran && isEnd(view.status) ? await wholeLog(client, id) : undefined;
    jobs.push({ view, events, ...(log === undefined ? {} : { log }) });
  }
  return jobs;
}

/** The log from offset to offset, as a client pages through it. */
async function wholeLog(client: JobClient, id: string): Promise<string> {
  let text = '';
  for (;;) {
    const part = await client.text(`/api/v1/jobs/${id}/logs?offset=${text.length}`);
    if (part === '') return text;
    text += part;
  }
}

/** What the payloads noted so far. */
export async function truthLines(file: string): Promise<TruthLine[]> {
  const text = await readFile(file, 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as TruthLine]));
}

/** What still lives after T_orphan, or nothing as soon as nothing does. */
async function leftovers(run: string, ended: ReadonlySet<string>, jobs: readonly FinalJob[]): Promise<LiveProcess[]> {
  const waiting = new Set(jobs.filter((job) => !isEnd(job.view.status)).map((job) => job.view.requestId));
  const alive = (): LiveProcess[] => marked(run, ended).filter((process) => !waiting.has(process.job));
  await until('no process to be left', () => alive().length === 0, T_ORPHAN_MS).catch(() => undefined);
  return alive();
}

/** Webhooks come after the end; wait for those that are due, the judge says which are missing. */
async function webhooksIn(jobs: readonly FinalJob[], intents: readonly Intent[], receiver: Receiver): Promise<void> {
  const hooked = new Set(intents.filter((intent) => intent.webhook).map((intent) => intent.requestId));
  const due = jobs
    .filter((job) => hooked.has(job.view.requestId ?? '') && isEnd(job.view.status))
    .map((job) => ({ jobId: job.view.id, seq: job.events.at(-1)?.seq }));
  const arrived = () =>
    due.every(({ jobId, seq }) => receiver.received.some((hook) => hook.jobId === jobId && hook.seq === seq && hook.answered === 200));
  await until('the webhooks that are due', arrived, WEBHOOKS_MS).catch(() => undefined);
}

/** Every run of a job workflow that Temporal knows, replayed with the code of today. */
async function workflows(address: string): Promise<WorkflowSeen[]> {
  quietTemporal();
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection });
    const query = `WorkflowType = '${WORKFLOW_TYPES.job}'`;
    const seen: WorkflowSeen[] = [];
    for await (const run of workflow.list({ query })) seen.push({ workflowId: run.workflowId, runId: run.runId, status: run.status.name });
    const errors = new Map<string, string>();
    const histories = workflow.list({ query }).intoHistories({ concurrency: 5 });
    for await (const result of Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, histories)) {
      if (result.error) errors.set(result.runId, result.error.message);
    }
    return seen.map((run) => ({ ...run, ...(errors.has(run.runId) ? { replayError: errors.get(run.runId)! } : {}) }));
  } finally {
    await connection.close();
  }
}
