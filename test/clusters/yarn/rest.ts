// Asks a cluster itself, without any code of the product: the judge of tests that break things.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { YarnCluster } from './cluster.ts';

export interface App {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  /** `root.etl`. */
  readonly queue: string;
  readonly state: 'NEW' | 'NEW_SAVING' | 'SUBMITTED' | 'ACCEPTED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';
  readonly finalStatus: 'UNDEFINED' | 'SUCCEEDED' | 'FAILED' | 'KILLED';
  readonly applicationType: string;
  /** In lower case, with commas between, in any order. */
  readonly applicationTags: string;
  readonly diagnostics: string;
  readonly logAggregationStatus: string;
  readonly amContainerLogs?: string;
}
export interface Container {
  readonly id: string;
  readonly state: string;
  readonly user: string;
}
export interface Answer {
  readonly status: number;
  /** JSON when it is, else text. */
  readonly body: unknown;
  readonly location: string | undefined;
}

/** One request on a connection of its own: a kept one would answer for a server that was killed meanwhile. Redirects are not followed. */
export async function ask(method: string, url: string, body?: unknown, limitMs = 10_000): Promise<Answer> {
  const sent = request(url, {
    method,
    agent: false,
    signal: AbortSignal.timeout(limitMs),
    headers: { accept: '*/*', ...(body !== undefined && { 'content-type': 'application/json' }) },
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: parsed(await text(answer)), location: answer.headers.location };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function get<T>(url: string): Promise<T> {
  const { status, body } = await ask('GET', url);
  if (status !== 200) throw new Error(`${url} answered ${status}: ${JSON.stringify(body)}`);
  return body as T;
}

/** Every application that the ResourceManager knows with this tag. */
export async function appsByTag(rm: string, tag: string): Promise<App[]> {
  const { apps } = await get<{ apps: { app?: App[] } | null }>(`${rm}/ws/v1/cluster/apps?applicationTags=${encodeURIComponent(tag.toLowerCase())}`);
  return apps?.app ?? [];
}

/** Every application that the ResourceManager knows. */
export async function allApps(rm: string): Promise<App[]> {
  const { apps } = await get<{ apps: { app?: App[] } | null }>(`${rm}/ws/v1/cluster/apps`);
  return apps?.app ?? [];
}

/** Throws when it knows none with this id. */
export async function app(rm: string, id: string): Promise<App> {
  return (await get<{ app: App }>(`${rm}/ws/v1/cluster/apps/${id}`)).app;
}

/** Containers that the NodeManager knows; those that ended disappear a moment later. */
export async function containersOf(nm: string): Promise<Container[]> {
  const { containers } = await get<{ containers: { container?: Container[] } | null }>(`${nm}/ws/v1/node/containers`);
  return containers?.container ?? [];
}

export async function activeNodes(rm: string): Promise<number> {
  return (await get<{ clusterMetrics: { activeNodes: number } }>(`${rm}/ws/v1/cluster/metrics`)).clusterMetrics.activeNodes;
}

export interface Script {
  /** Text of a bash script; its exit code is the application's. */
  readonly script: string;
  readonly name?: string;
  readonly queue?: 'default' | 'etl';
  readonly tags?: readonly string[];
  readonly user?: string;
  /** Given to an application that was asked for earlier. Default: a new one. */
  readonly id?: string;
}

/** Runs a script as an application of its own; resolves with the id when the ResourceManager has taken it. */
export async function submit(
  cluster: YarnCluster,
  { script, name = 'script', queue = 'default', tags = [], user = 'alice', id }: Script,
): Promise<string> {
  const api = `${cluster.rm}/ws/v1/cluster/apps`;
  const as = `user.name=${user}`;
  const newId = async () => ((await ask('POST', `${api}/new-application?${as}`)).body as { 'application-id': string })['application-id'];
  const given = id ?? (await newId());
  const file = join(cluster.folder, 'scripts', `${randomUUID()}.sh`);
  await mkdir(join(cluster.folder, 'scripts'), { recursive: true });
  await writeFile(file, script);
  const { size, mtimeMs } = await stat(file);
  const local = { resource: `file://${file}`, type: 'FILE', visibility: 'APPLICATION', size, timestamp: Math.floor(mtimeMs) };
  const answer = await ask('POST', `${api}?${as}`, {
    'application-id': given,
    'application-name': name,
    'application-type': 'SCRIPT',
    'application-tags': { tag: tags },
    queue,
    'max-app-attempts': 1,
    resource: { memory: 256, vCores: 1 },
    'am-container-spec': {
      'local-resources': { entry: [{ key: 'script.sh', value: local }] },
      commands: { command: `${cluster.shellMaster} script.sh 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr` },
    },
  });
  if (answer.status !== 202) throw new Error(`the ResourceManager answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return given;
}

/** Asks for its end; it is KILLED a moment later. */
export async function kill(rm: string, id: string, user = 'alice'): Promise<Answer> {
  return await ask('PUT', `${rm}/ws/v1/cluster/apps/${id}/state?user.name=${user}`, { state: 'KILLED' });
}
