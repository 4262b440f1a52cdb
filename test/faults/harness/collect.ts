// Gathers the evidence after the healing: API, truth file, process table, webhook receiver, Temporal.
import { readFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { forEachLimited } from '../../../src/activities/loop.ts';
import { isEnd } from '../../../src/specs/status.ts';
import { WORKFLOW_TYPES } from '../../../src/specs/messages.ts';
import type { RunEventView, RunView } from '../../../src/specs/run-views.schema.ts';
import type { EventView, JobView } from '../../../src/specs/views.schema.ts';
import { quietTemporal, workflowBundle } from '../../helpers/temporal.ts';
import {
  jobIntents,
  type Evidence,
  type FinalJob,
  type FinalRun,
  type Intent,
  type Limits,
  type LiveProcess,
  type RunIntent,
  type ScheduleSeen,
  type TruthLine,
  type WorkflowSeen,
} from '../checker/evidence.ts';
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
  readonly runIntents: readonly RunIntent[];
  readonly schedules: readonly ScheduleSeen[];
  readonly healedAt: number;
  readonly settledAt: number | undefined;
  readonly limits: Limits;
  readonly yarn?: Yarn;
}

export async function collect(sources: Sources): Promise<Evidence> {
  const { client, receiver, intents, runIntents, schedules } = sources;
  const runs = await finalRuns(client);
  const jobs = await finalJobs(client, runs);
  const truth = await truthLines(sources.place.truth);
  const ended = new Set(jobs.flatMap((job) => (isEnd(job.view.status) ? job.view.attempts.map((attempt) => attempt.key ?? '') : [])));
  const processes = await leftovers(sources.place.run, ended, jobs);
  await webhooksIn(jobs, jobIntents(sources), receiver);
  const { items } = await client.get<{ items: { id: string }[] }>('/api/v1/dead-letters?limit=1000');
  return {
    intents,
    runIntents,
    runs,
    jobs,
    schedules,
    truth,
    processes,
    calls: client.calls,
    sightings: client.sightings,
    runSightings: client.runSightings,
    webhooks: receiver.received,
    deadLetters: items.map((letter) => letter.id),
    workflows: await workflows(sources.stack.temporalAddress),
    ...(sources.yarn && { cluster: await sources.yarn.evidence() }),
    healedAt: sources.healedAt,
    settledAt: sources.settledAt,
    limits: sources.limits,
  };
}

const AT_ONCE = 8;
const TYPES = [WORKFLOW_TYPES.job, WORKFLOW_TYPES.dag, WORKFLOW_TYPES.schedule];

async function finalRuns(client: JobClient): Promise<FinalRun[]> {
  const runs: FinalRun[] = [];
  for (const { id } of await client.listRuns()) {
    const view = await client.get<RunView>(`/api/v1/runs/${id}`);
    const nodes = await pages<FinalRun['nodes'][number]>(client, `/api/v1/runs/${id}/nodes?limit=500`);
    const events: RunEventView[] = [];
    for (let page = events; page.length > 0 || page === events;) {
      ({ items: page } = await client.get<{ items: RunEventView[] }>(`/api/v1/runs/${id}/events?limit=1000&after=${events.at(-1)?.seq ?? 0}`));
      events.push(...page);
    }
    runs.push({ view, nodes, events });
  }
  return runs;
}

/** All pages of a list. */
export async function pages<T>(client: JobClient, route: string): Promise<T[]> {
  const all: T[] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    const page: { items: T[]; next?: string } = await client.get(`${route}${next === '' ? '' : `&cursor=${encodeURIComponent(next)}`}`);
    all.push(...page.items);
    next = page.next;
  }
  return all;
}

async function finalJobs(client: JobClient, runs: readonly FinalRun[]): Promise<FinalJob[]> {
  const jobs: FinalJob[] = [];
  await forEachLimited(await client.list(), AT_ONCE, async ({ id }) => {
    const view = await client.get<JobView>(`/api/v1/jobs/${id}`);
    const { items: events } = await client.get<{ items: EventView[] }>(`/api/v1/jobs/${id}/events?limit=1000`);
    const ran = view.attempts.some((attempt) => attempt.startedAt !== undefined);
    const log = ran && isEnd(view.status) ? await wholeLog(client, id) : undefined;
    const { requestId: own, ...rest } = view;
    // Payloads of a schedule do not know their cycle.
    const requestId = view.run !== undefined ? payloadOf(view, runs) : view.cycle === undefined ? own : undefined;
    jobs.push({ view: { ...rest, ...(requestId !== undefined && { requestId }) }, events, ...(log === undefined ? {} : { log }) });
  });
  return jobs;
}

/** What the payload of a job in a run is called, where the scenario has named its run, or the run whose child that is. */
function payloadOf({ run, node, item }: JobView, runs: readonly FinalRun[]): string | undefined {
  const name = nameOf(runs.find(({ view }) => view.id === run)?.view, runs);
  return name === undefined ? undefined : [name, node, ...(item === undefined ? [] : [item])].join('/');
}

function nameOf(view: FinalRun['view'] | undefined, runs: readonly FinalRun[]): string | undefined {
  if (view?.parent === undefined) return view?.requestId;
  const { workflowId, node } = view.parent;
  const parent = runs.find((run) => run.view.workflowId === workflowId);
  const name = nameOf(parent?.view, runs);
  return name === undefined ? undefined : `${name}/${node}`;
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

/** Every execution of what the scenario is about that Temporal knows, replayed with the code of today. */
async function workflows(address: string): Promise<WorkflowSeen[]> {
  quietTemporal();
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection });
    const query = `WorkflowType IN (${TYPES.map((type) => `'${type}'`).join(', ')})`;
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
