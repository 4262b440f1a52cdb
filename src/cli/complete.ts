// Answers a shell that asks what may come next (`longshore complete -- WORDS`): commands and flags from the tree, ids from the server.
import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { createClient, type Client } from '../client/index.ts';
import { resolveSettings, type GlobalFlags } from './settings.ts';
import { oneLine } from './text.ts';

type Candidates = readonly (readonly [value: string, description: string])[];

/** A shell waits for the answer; without one in time it is completed without ids. */
const PATIENCE_MS = 1_500;
const JOB_COMMANDS = new Set(['describe', 'logs', 'events', 'result', 'wait', 'kill', 'rerun', 'resolve', 'modify']);
const DEFINITIONS = { definition: 'jobs', definitions: 'jobs', cluster: 'clusters', clusters: 'clusters', app: 'apps', apps: 'apps' } as const;

/** Shells expand what they are offered, so nothing that means something to a shell is. */
const HARMLESS = /^[\w@.-]+$/;

/** Prints the candidates for the last word. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  // A flag without its value yet, a server that is away: nothing to offer, and nothing to say.
  const found = await candidatesOf(program, words).catch((): Candidates => []);
  const candidates = found.filter(([value]) => HARMLESS.test(value));
  const tree = tab(program);
  tree.commands.delete('complete');
  for (const [name, command] of tree.commands) {
    for (const [flag, option] of tree.options) if (!command.options.has(flag)) command.options.set(flag, option);
    const argument = [...command.arguments.values()].at(name === 'get' ? 1 : 0);
    if (argument && candidates.length > 0) argument.handler = (add) => candidates.forEach(([value, description]) => add(value, description));
  }
  tree.parse([...words]);
}

async function candidatesOf(program: Command, words: readonly string[]): Promise<Candidates> {
  const [command = '', what = ''] = program.parseOptions(words.filter((word) => word !== '')).operands;
  const { url, token, app } = resolveSettings(program.opts<GlobalFlags>());
  const client = createClient({ url, patience: 0, ...(token !== undefined && { token }), ...(app !== undefined && { app }) });
  if (JOB_COMMANDS.has(command) || (command === 'get' && /^jobs?$/.test(what))) return jobs(client);
  if (command === 'run') return definitions(client, 'jobs');
  if (command === 'get' && Object.hasOwn(DEFINITIONS, what)) return definitions(client, DEFINITIONS[what as keyof typeof DEFINITIONS]);
  return [];
}

async function jobs(client: Client): Promise<Candidates> {
  const { items } = await client.call('listJobs', { query: { limit: 50 }, signal: AbortSignal.timeout(PATIENCE_MS) });
  return [['last', 'the newest job'], ...items.map((job) => [job.id, oneLine(`${job.name} ${job.status}`)] as const)];
}

async function definitions(client: Client, kind: 'jobs' | 'clusters' | 'apps'): Promise<Candidates> {
  const { items } = await client.call('listDefinitions', { params: { kind }, signal: AbortSignal.timeout(PATIENCE_MS) });
  return items.map(({ name, version }) => [name, `version ${version}`]);
}
