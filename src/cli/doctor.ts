// The checks of `doctor`, from this machine outwards; what cannot be asked because an earlier one failed is left out.
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { ClientError } from '../client/index.ts';
import { CliError, EXIT } from './failure.ts';
import type { Context } from './context.ts';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'wrong';
  readonly detail: string;
  readonly advice?: string;
}

const LOW_DISK_BYTES = 2 ** 30;

/** All checks, in order. */
export async function examine(context: Context): Promise<Check[]> {
  return [nodeVersion(), ...(await dataFolder(context.settings.data)), ...(await server(context))];
}

function nodeVersion(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const good = major > 22 || (major === 22 && minor >= 19);
  return { name: 'node', state: good ? 'ok' : 'wrong', detail: process.version, ...(!good && { advice: 'Longshore needs Node 22.19 or newer.' }) };
}

async function dataFolder(folder: string): Promise<Check[]> {
  try {
    await access(folder, constants.R_OK | constants.W_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const detail = missing ? `${folder} is not there.` : `${folder}: ${(error as Error).message}`;
    const advice = missing ? 'That is fine when the server runs elsewhere; `longshore up` makes it.' : 'Give it to the user who runs Longshore.';
    return [{ name: 'data folder', state: missing ? 'warning' : 'wrong', detail, advice }];
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const disk: Check = { name: 'disk', state: free < LOW_DISK_BYTES ? 'warning' : 'ok', detail: `${(free / 2 ** 30).toFixed(1)} GiB free` };
  return [
    { name: 'data folder', state: 'ok', detail: folder },
    free < LOW_DISK_BYTES ? { ...disk, advice: 'Free space, or run longshore prune.' } : disk,
  ];
}

async function server({ client, settings }: Context): Promise<Check[]> {
  const api = await check('api', async () => {
    await client.call('live');
    return `${settings.url} (from ${settings.origin.url})`;
  });
  if (api.state !== 'ok') return [api];
  const ready = await check('temporal and store', () => readiness(client));
  const token = await check('token', async () => {
    const { name, app, role } = await client.call('whoami');
    return `${name}: ${role} of app ${app} (from ${settings.origin.token})`;
  });
  return token.state === 'ok' ? [api, ready, token, await workers(client)] : [api, ready, token];
}

/** An answer, also when it is that something is missing. */
async function readiness(client: Context['client']): Promise<string> {
  const { status, checks } = await client.call('ready');
  const detail = Object.entries(checks)
    .map(([name, state]) => `${name} ${state}`)
    .join(', ');
  if (status === 'ok') return detail;
  throw new CliError(detail, { exitCode: EXIT.unreachable, advice: 'See the log of `longshore api`, or of `longshore up`.' });
}

async function workers(client: Context['client']): Promise<Check> {
  const found = await check('workers', async () => {
    const { items } = await client.call('workers');
    return `${items.filter((worker) => worker.online).length} of ${items.length} online`;
  });
  const none = found.detail.startsWith('0 of ');
  return none ? { ...found, state: 'wrong', advice: 'Start one: longshore worker (longshore up has one of its own).' } : found;
}

async function check(name: string, ask: () => Promise<string>): Promise<Check> {
  try {
    return { name, state: 'ok', detail: await ask() };
  } catch (error) {
    if (error instanceof ClientError) return { name, state: 'wrong', detail: error.detail, advice: error.advice };
    if (error instanceof CliError)
      return { name, state: 'wrong', detail: error.message, ...(error.advice !== undefined && { advice: error.advice }) };
    throw error;
  }
}
