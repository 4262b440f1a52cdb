// Answers a shell that asks what may come next (`longshore complete -- WORDS`): commands and flags from the tree, ids from the server.
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { createClient, type Client } from '../client/index.ts';
import { MAIN_STREAMS } from '../specs/log-streams.ts';
import { jobOf } from './run.ts';
import { resolveSettings, type GlobalFlags } from './settings.ts';
import { oneLine } from './text.ts';

type Candidates = readonly (readonly [value: string, description: string])[];

/** A shell waits for the answer; without one in time it is completed without ids. */
const PATIENCE_MS = 1_500;
const JOB_COMMANDS = new Set(['resolve', 'modify']);
const ID_COMMANDS = new Set(['describe', 'logs', 'events', 'result', 'wait', 'kill', 'rerun']);
const RUN_COMMANDS = new Set(['graph', 'mark', 'skip', 'disable', 'enable', 'approve', 'pause', 'resume', 'signal']);
/** Commands whose second word is a node of the run that is the first. */
const NODE_COMMANDS = new Set(['describe', 'logs', 'result', 'kill', 'rerun', 'mark', 'skip', 'disable', 'enable', 'approve']);
const NAME_COMMANDS = new Set(['run', 'diff', 'rollback', 'export']);
const DEFINITIONS = {
  definition: 'jobs',
  definitions: 'jobs',
  dag: 'dags',
  dags: 'dags',
  cluster: 'clusters',
  clusters: 'clusters',
  app: 'apps',
  apps: 'apps',
} as const;

/** Shells expand what they are offered, so nothing that means something to a shell is. */
const HARMLESS = /^[\w@.-]+$/;

/** Prints the candidates for the last word. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  // A flag without its value yet, a server that is away: nothing to offer, and nothing to say.
  const ofStream = words.at(-2) === '--stream';
  const found = ofStream ? [] : await candidatesOf(program, words).catch((): Candidates => []);
  const candidates = found.filter(([value]) => HARMLESS.test(value));
  const streams = ofStream ? await streamsOf(program, words) : [];
  const tree = tab(program);
  tree.commands.delete('complete');
  for (const [name, command] of tree.commands) {
    for (const [flag, option] of tree.options) if (!command.options.has(flag)) command.options.set(flag, option);
    const stream = command.options.get('stream');
    if (name === 'logs' && stream !== undefined) stream.handler = (add) => streams.forEach((value) => add(value, ''));
    const argument = [...command.arguments.values()].at(place(name, words));
    if (argument && candidates.length > 0) argument.handler = (add) => candidates.forEach(([value, description]) => add(value, description));
  }
  tree.parse([...words]);
}

/** Which of a command's arguments is being typed, as far as there is something to offer for it. */
function place(command: string, words: readonly string[]): number {
  if (command === 'get') return 1;
  return NODE_COMMANDS.has(command) && words.length > 2 && words[0] === command && !words.slice(1, 3).some((word) => word.startsWith('-')) ? 1 : 0;
}

/** The first words of the command line that are no flags, and a client for its server. */
function read(program: Command, words: readonly string[]): { operands: string[]; client: Client } {
  const { operands } = program.parseOptions(words.filter((word) => word !== ''));
  const { url, token, app } = resolveSettings(program.opts<GlobalFlags>());
  return { operands, client: createClient({ url, patience: 0, ...(token !== undefined && { token }), ...(app !== undefined && { app }) }) };
}

/** The logs of the job, or of the node's job, that is named before; every job has two. */
async function streamsOf(program: Command, words: readonly string[]): Promise<readonly string[]> {
  try {
    const { operands, client } = read(program, words.slice(0, -2));
    const id = await jobOf(client, operands[1] ?? 'last', operands[2]);
    const { items } = await client.call('jobLogStreams', { params: { id }, signal: AbortSignal.timeout(PATIENCE_MS) });
    return items.map(({ name }) => name).filter((name) => HARMLESS.test(name));
  } catch {
    return MAIN_STREAMS;
  }
}

async function candidatesOf(program: Command, words: readonly string[]): Promise<Candidates> {
  const { operands, client } = read(program, words);
  const [command = '', what = ''] = operands;
  if (place(command, words) === 1 && NODE_COMMANDS.has(command)) return nodes(client, what);
  if (JOB_COMMANDS.has(command) || (command === 'get' && /^jobs?$/.test(what))) return jobs(client);
  if (RUN_COMMANDS.has(command) || (command === 'get' && /^runs?$/.test(what))) return runs(client);
  if (ID_COMMANDS.has(command)) return (await Promise.all([jobs(client), runs(client)])).flat().filter(firstOf);
  if (NAME_COMMANDS.has(command)) return (await Promise.all([definitions(client, 'jobs'), definitions(client, 'dags')])).flat();
  if (command === 'get' && Object.hasOwn(DEFINITIONS, what)) return definitions(client, DEFINITIONS[what as keyof typeof DEFINITIONS]);
  return [];
}

async function jobs(client: Client): Promise<Candidates> {
  const { items } = await client.call('listJobs', { query: { limit: 50 }, signal: AbortSignal.timeout(PATIENCE_MS) });
  return [['last', 'the newest job'], ...items.map((job) => [job.id, oneLine(`${job.name} ${job.status}`)] as const)];
}

async function runs(client: Client): Promise<Candidates> {
  const { items } = await client.call('listRuns', { query: { limit: 50 }, signal: AbortSignal.timeout(PATIENCE_MS) });
  return [['last', 'the newest run'], ...items.map((run) => [run.id, oneLine(`${run.dag} ${run.outcome ?? run.status}`)] as const)];
}

async function nodes(client: Client, word: string): Promise<Candidates> {
  const { runIdOf } = await import('./run.ts');
  const query = { limit: 1000 };
  const { items } = await client.call('listNodes', { params: { id: await runIdOf(client, word) }, query, signal: AbortSignal.timeout(PATIENCE_MS) });
  return items.map(({ name, status }) => [name, status]);
}

/** Each word once. */
const firstOf = ([value]: Candidates[number], at: number, all: Candidates): boolean => all.findIndex(([other]) => other === value) === at;

async function definitions(client: Client, kind: 'jobs' | 'dags' | 'clusters' | 'apps'): Promise<Candidates> {
  const { items } = await client.call('listDefinitions', { params: { kind }, signal: AbortSignal.timeout(PATIENCE_MS) });
  return items.map(({ name, version }) => [name, `version ${version}`]);
}
