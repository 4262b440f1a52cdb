// What several commands need of a run: telling it from a job, finding it, saying how it stands.
import type { Client } from '../client/index.ts';
import { ClientError } from '../client/error.ts';
import type { NodeSummary, NodeView, RunSummary } from '../specs/run-views.schema.ts';
import { CliError, EXIT } from './failure.ts';
import { oneLine, paint, paintNode } from './text.ts';

/** What an id on the command line names. */
export interface Named {
  readonly kind: 'job' | 'run';
  readonly id: string;
}

/** A job or a run by its id, or the newer of the newest job and the newest run for `last`. Both count their ids by the same clock. */
export async function findNamed(client: Client, word: string): Promise<Named> {
  if (word === 'last') return await newest(client);
  if (!/^\d+$/.test(word)) {
    throw new CliError(`"${word}" is not the id of a job or a run.`, {
      advice: 'Give the number that `longshore list` or `longshore get runs` shows, or `last`.',
    });
  }
  if (await exists(client, 'getJob', word)) return { kind: 'job', id: word };
  if (await exists(client, 'getRun', word)) return { kind: 'run', id: word };
  throw new CliError(`There is no job and no run ${word}.`, { exitCode: EXIT.notFound, advice: 'What belongs to another app is not shown.' });
}

/** A run by its id, or the newest one for `last`, which is never a node of another. */
export async function runIdOf(client: Client, word: string): Promise<string> {
  if (word === 'last') {
    const [run] = (await client.call('listRuns', { query: { limit: 1, parent: 'none' } })).items;
    if (run === undefined) throw new CliError('There is no run yet.', { exitCode: EXIT.notFound, advice: 'Run a DAG: longshore run FILE' });
    return run.id;
  }
  if (!/^\d+$/.test(word))
    throw new CliError(`"${word}" is not a run id.`, { advice: 'Give the number that `longshore get runs` shows, or `last`.' });
  return word;
}

async function newest(client: Client): Promise<Named> {
  const [jobs, runs] = await Promise.all([
    client.call('listJobs', { query: { limit: 1, run: 'none' } }),
    client.call('listRuns', { query: { limit: 1, parent: 'none' } }),
  ]);
  const [job] = jobs.items;
  const [run] = runs.items;
  if (run !== undefined && (job === undefined || BigInt(run.id) > BigInt(job.id))) return { kind: 'run', id: run.id };
  if (job !== undefined) return { kind: 'job', id: job.id };
  throw new CliError('There is no job and no run yet.', { exitCode: EXIT.notFound, advice: 'Create one: longshore run FILE' });
}

async function exists(client: Client, route: 'getJob' | 'getRun', id: string): Promise<boolean> {
  try {
    await client.call(route, { params: { id } });
    return true;
  } catch (error) {
    if (error instanceof ClientError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}

/** A node, and one item of it, as people write it: `extract`, `extract/3`, `extract/final`. */
export interface NodeRef {
  readonly node: string;
  readonly item?: number | 'final';
}

export function nodeRefOf(text: string): NodeRef {
  const [, node, item] = /^([^/]+)(?:\/(\d{1,5}|final))?$/.exec(text) ?? [];
  if (node === undefined) throw new CliError(`"${text}" is not a node.`, { advice: 'Write NODE, or NODE/ITEM such as extract/3.' });
  return { node, ...(item !== undefined && { item: item === 'final' ? item : Number(item) }) };
}

/** The job of a node, or of one of its items. */
export const jobOfNode = async (client: Client, run: string, text: string): Promise<string> => jobIn(text, await nodeOf(client, run, text));

/** The job whose outputs are those of a node, as expressions read them: after items the job that follows them. */
export async function givingJobOf(client: Client, run: string, text: string): Promise<string> {
  const view = await nodeOf(client, run, text);
  const final = view.kind === 'mapReduce' || (view.kind === 'broadcast' && Object.hasOwn(view.spec['broadcast'] ?? {}, 'final'));
  return final && nodeRefOf(text).item === undefined ? await jobOfNode(client, run, `${text}/final`) : jobIn(text, view);
}

async function nodeOf(client: Client, run: string, text: string): Promise<NodeView> {
  const { node, item } = nodeRefOf(text);
  const query = { limit: 1, ...(item !== undefined && { item: String(item) }) };
  return await client.call('getNode', { params: { id: run, node }, query });
}

function jobIn(text: string, view: NodeView): string {
  const { node, item } = nodeRefOf(text);
  const jobId = item === undefined ? view.jobId : view.jobs[0]?.jobId;
  if (jobId !== undefined && (item !== undefined || view.items === undefined)) return jobId;
  if (item === undefined && view.items !== undefined) {
    throw new CliError(`Node ${node} has ${view.items.total ?? 'several'} items.`, { advice: `Name one: ${node}/0` });
  }
  throw new CliError(`${text} has no job${view.reason === undefined ? '' : `: ${view.reason}`}.`, { exitCode: EXIT.notFound });
}

/** A job by its id, or a node's job by run and node. */
export async function jobOf(client: Client, word: string, node: string | undefined): Promise<string> {
  if (node !== undefined) return await jobOfNode(client, await runIdOf(client, word), node);
  const named = await findNamed(client, word);
  if (named.kind === 'job') return named.id;
  throw new CliError(`${named.id} is a run: of which node?`, { advice: `longshore describe ${named.id} shows them.` });
}

/** Exit code of an ended run. */
export const exitCodeOfRun = (run: Pick<RunSummary, 'outcome'>): number => (run.outcome === 'SUCCEED' ? EXIT.ok : EXIT.jobFailed);

/** One line for a person: status or outcome, and the reason. */
export function runLine(color: boolean, run: Pick<RunSummary, 'status' | 'outcome' | 'reason' | 'paused'>): string {
  const word = run.outcome === undefined ? run.status : run.outcome;
  const style = { SUCCEED: 'green', FAILED: 'red', KILLED: 'magenta', WAITING: 'dim', RUNNING: 'cyan', FINISH: 'dim' } as const;
  return `${paint(color, style[word], word)}${run.paused ? ' paused' : ''}${run.reason === undefined ? '' : `  ${oneLine(run.reason)}`}`;
}

/** The same of a node: its status, its items, how often it was tried, and the reason. */
export function nodeLine(color: boolean, node: Pick<NodeSummary, 'status' | 'attempt' | 'reason' | 'items'>): string {
  const { total, statuses = {} } = node.items ?? {};
  const items =
    total === undefined ? '' : ` ${statuses['SUCCEED'] ?? 0}/${total}${statuses['FAILED'] === undefined ? '' : `, ${statuses['FAILED']} failed`}`;
  const attempt = node.attempt > 1 ? ` attempt ${node.attempt}` : '';
  return `${paintNode(color, node.status)}${items}${attempt}${node.reason === undefined ? '' : `  ${oneLine(node.reason)}`}`;
}
