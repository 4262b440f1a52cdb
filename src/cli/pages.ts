// The tables that people see, in one place, so that the same thing looks the same in every command.
import type { DeadLetterView, DefinitionView, EventView, JobSummary, JobView, QueueView, TokenView, WorkerView } from '../specs/views.schema.ts';
import { formatDuration } from '../specs/units.ts';
import type { Column, Output } from './output.ts';
import { oneLine, paint, paintStatus } from './text.ts';

/** "3m ago" for a time of the server. */
export const ago = (time: string): string => `${formatDuration(Math.max(0, Date.now() - Date.parse(time)))} ago`;

/** From start to end, or until now. */
export const lasted = (start: string, end?: string): string => formatDuration(Math.max(0, (end ? Date.parse(end) : Date.now()) - Date.parse(start)));

export const jobColumns = (out: Output): Column<JobSummary>[] => [
  { title: 'ID', value: (job) => job.id },
  { title: 'NAME', value: (job) => (job.item === undefined ? job.name : `${job.name}/${job.item}`) },
  { title: 'STATUS', value: (job) => job.status, paint: (_, job) => paintStatus(out.color, job.status) },
  { title: 'TRY', value: (job) => job.attempt },
  { title: 'TYPE', value: (job) => job.type },
  { title: 'CLUSTER/QUEUE', value: (job) => `${job.cluster}/${job.queue}` },
  { title: 'CREATED', value: (job) => (out.terminal ? ago(job.createdAt) : job.createdAt) },
  { title: 'TOOK', value: (job) => lasted(job.createdAt, job.endedAt) },
  { title: 'REASON', value: (job) => job.reason },
];

export const eventColumns = (out: Output): Column<EventView>[] => [
  { title: 'SEQ', value: (event) => event.seq },
  { title: 'AT', value: (event) => event.at },
  { title: 'JOB', value: (event) => event.jobId },
  { title: 'TRY', value: (event) => event.attempt },
  { title: 'STATUS', value: (event) => event.status, paint: (_, event) => paintStatus(out.color, event.status) },
  { title: 'EVENT', value: (event) => event.type },
  { title: 'REASON', value: (event) => event.reason },
];

export const definitionColumns: Column<DefinitionView>[] = [
  { title: 'NAME', value: (definition) => definition.name },
  { title: 'VERSION', value: (definition) => definition.version },
  { title: 'APP', value: (definition) => definition.app },
  { title: 'TYPE', value: (definition) => text(definition.spec['type']) },
  { title: 'SINCE', value: (definition) => definition.createdAt },
  { title: 'BY', value: (definition) => definition.createdBy },
  { title: 'DESCRIPTION', value: (definition) => text(definition.spec['description']) },
];

export const queueColumns: Column<QueueView>[] = [
  { title: 'CLUSTER', value: (queue) => queue.cluster },
  { title: 'QUEUE', value: (queue) => queue.queue },
  { title: 'LIMIT', value: (queue) => queue.limit },
  { title: 'RUNNING', value: (queue) => queue.running },
  { title: 'WAITING', value: (queue) => queue.waiting },
  { title: 'APPS', value: (queue) => queue.apps.map((app) => `${app.app} ${app.running}+${app.waiting}`).join(', ') },
];

export const workerColumns = (out: Output): Column<WorkerView>[] => [
  { title: 'ID', value: (worker) => worker.id },
  { title: 'GROUP', value: (worker) => worker.group },
  { title: 'HOST', value: (worker) => worker.host },
  { title: 'STATE', value: stateOf, paint: (cell, worker) => paint(out.color, worker.online ? 'green' : 'red', cell) },
  { title: 'RUNNING', value: (worker) => worker.running },
  { title: 'SLOTS', value: (worker) => worker.slots },
  { title: 'LOAD', value: (worker) => worker.load.toFixed(2) },
  { title: 'FREE MEMORY', value: (worker) => `${Math.round(worker.freeMemory / 2 ** 20)}Mi` },
  { title: 'VERSION', value: (worker) => worker.version },
  { title: 'SEEN', value: (worker) => (out.terminal ? ago(worker.seenAt) : worker.seenAt) },
];

export const deadLetterColumns: Column<DeadLetterView>[] = [
  { title: 'AT', value: (letter) => letter.at },
  { title: 'JOB', value: (letter) => letter.jobId },
  { title: 'SEQ', value: (letter) => letter.event.seq },
  { title: 'STATUS', value: (letter) => letter.event.status },
  { title: 'URL', value: (letter) => letter.url },
  { title: 'ERROR', value: (letter) => letter.error },
];

export const tokenColumns: Column<TokenView>[] = [
  { title: 'ID', value: (token) => token.id },
  { title: 'NAME', value: (token) => token.name },
  { title: 'APP', value: (token) => token.app },
  { title: 'ROLE', value: (token) => token.role },
  { title: 'CREATED', value: (token) => token.createdAt },
  { title: 'EXPIRES', value: (token) => token.expiresAt },
  { title: 'REVOKED', value: (token) => token.revokedAt },
];

const stateOf = (worker: WorkerView): string => (worker.online ? 'online' : 'offline');
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The page of one job: what it is, how it stands and why, every attempt, outputs and links; `url` is the API's. */
export function jobPage(out: Output, url: string, job: JobView): string {
  const lines: (readonly [string, string | undefined])[] = [
    ['Job', job.id],
    ['Name', job.name],
    ['Status', paintStatus(out.color, job.status)],
    ['Reason', job.reason],
    ['Code', job.code === undefined ? undefined : `${job.code}${job.blame === undefined ? '' : ` (blame: ${job.blame})`}`],
    ['App', job.app],
    ['Run', job.run && `${job.run} node ${job.node}${job.item === undefined ? '' : `/${job.item}`}`],
    ['Where', `${job.type} on ${job.cluster}/${job.queue}, group ${job.group}, priority ${job.priority}`],
    ['Request id', job.requestId],
    [
      'Labels',
      Object.entries(job.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ') || undefined,
    ],
    ['Created', `${job.createdAt} by ${job.createdBy}`],
    ['Ended', job.endedAt === undefined ? undefined : `${job.endedAt} after ${lasted(job.createdAt, job.endedAt)}`],
    [
      'Kill',
      job.killRequested &&
        `requested ${job.killRequested.at} by ${job.killRequested.by}${job.killRequested.confirmed ? ', confirmed' : ', not confirmed yet'}`,
    ],
    ['Workflow', job.workflowId],
    ...Object.entries(job.links).map(([name, link]) => [`Link ${name}`, URL.canParse(link, url) ? new URL(link, url).href : link] as const),
  ];
  return `${fields(lines)}${job.attempts.map((attempt) => attemptPage(out, attempt)).join('')}`;
}

/** One attempt of a job. */
export function attemptPage(out: Output, attempt: JobView['attempts'][number]): string {
  const timings = (attempt.timings ?? []).map((timing) => `${String(timing['step'])} ${formatDuration(Number(timing['ms']))}`);
  const seen = attempt.observation ?? {};
  return `\n${paint(out.color, 'bold', `Attempt ${attempt.attempt}`)}\n${fields([
    ['Status', paintStatus(out.color, attempt.status)],
    ['Reason', attempt.reason],
    ['Code', attempt.code],
    ['Exit code', attempt.exitCode?.toString()],
    ['Worker', attempt.workerId],
    ['Handle', text(attempt.handle?.['id'])],
    ['Key', attempt.key],
    ['Cluster', attempt.timelines.raw.map(({ status, at }) => `${status} ${at}`).join(', ') || undefined],
    ['Progress', text(seen['progress'])],
    ['Tracking', text(seen['trackingUrl'])],
    ['Created', attempt.createdAt],
    ['Started', attempt.startedAt],
    ['Ended', attempt.endedAt && `${attempt.endedAt} after ${lasted(attempt.startedAt ?? attempt.createdAt, attempt.endedAt)}`],
    ['Steps', timings.join(', ') || undefined],
    ['Outputs', Object.keys(attempt.outputs ?? {}).join(', ') || undefined],
  ])}`;
}

/** Lines of a page: a name and what it is; what is undefined is left out. */
export function fields(lines: readonly (readonly [string, string | undefined])[]): string {
  return lines
    .filter((line): line is [string, string] => line[1] !== undefined)
    .map(([name, value]) => `${`${name}:`.padEnd(14)} ${name === 'Status' ? value : oneLine(value)}\n`)
    .join('');
}
