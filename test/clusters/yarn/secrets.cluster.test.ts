// A job's secrets on YARN, through the whole stack: its payload gets them, and they are nowhere where somebody else could read them.
import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stack } from '../../faults/harness/stack.ts';
import { until } from '../../faults/harness/until.ts';
import { startYarn, type YarnCluster } from './cluster.ts';
import { ask } from './rest.ts';

const CANARY = `canary-${randomUUID()}`;
const GONE = ['SUCCEED', 'FAILED', 'START_FAILED', 'KILLED', 'CANCELED'];

let yarn: YarnCluster;
let stack: Stack;
let folder: string;
let secretFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-canary-'));
  secretFile = join(folder, 'canary');
  await writeFile(secretFile, CANARY, { mode: 0o600 });
  yarn = await startYarn();
  const config = { resourceManagers: [yarn.rm], staging: `file://${folder}/staging`, jobHistory: yarn.history, timeline: yarn.timeline };
  stack = await Stack.start(folder, [], { cluster: { name: 'yarn', type: 'yarn', config }, secrets: { canary: secretFile } });
});
afterAll(async () => {
  await stack?.stop();
  await yarn?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Job {
  readonly id: string;
  readonly status: string;
  readonly workflowId: string;
  readonly attempts: readonly { readonly handle?: { readonly id: string } }[];
}

const told = (): string => join(folder, 'told');
/** Says that it has the secret, without saying it, and waits to be told. */
const script = (): string =>
  `printf %s "$CANARY" | sha256sum; touch ${told()}.runs; until [ -e ${told()} ]; do sleep 0.1; done; echo answer=1 >>"$LONGSHORE_OUTPUT"`;

const jobOf = async (id: string): Promise<Job> => (await stack.admin('GET', `/api/v1/jobs/${id}`)) as Job;

/** Files below that hold the text, in whatever encoding leaves it readable. */
async function filesWith(root: string, text: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(files.map(async (file) => ((await readFile(file).catch(() => Buffer.alloc(0))).includes(text) ? [file] : [])));
  return found.flat();
}

/** What others could open: a file that they may read in folders that they may pass. */
async function openToOthers(root: string, readable = true): Promise<string[]> {
  const found = await Promise.all(
    (await readdir(root, { withFileTypes: true })).map(async (entry) => {
      const path = join(root, entry.name);
      const { mode } = await lstat(path);
      if (entry.isDirectory()) return await openToOthers(path, readable && (mode & 0o011) !== 0);
      return readable && (mode & 0o044) !== 0 ? [path] : [];
    }),
  );
  return found.flat();
}

/** Command lines and, without the payload's own, environments of all processes. */
async function processesWith(text: string): Promise<{ commands: string[]; environments: string[] }> {
  const commands: string[] = [];
  const environments: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const [command, environment] = await Promise.all(['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')));
    if (command!.includes(text)) commands.push(`${pid} ${command}`);
    if (environment!.includes(text)) environments.push(command!.replaceAll('\0', ' '));
  }
  return { commands, environments };
}

/** Every byte of the histories that Temporal has, payloads as the text that they are. */
async function histories(): Promise<string> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  try {
    const { workflow } = new Client({ connection });
    const texts: string[] = [];
    for await (const { workflowId, runId } of workflow.list()) {
      const history = await workflow.getHandle(workflowId, runId).fetchHistory();
      texts.push(JSON.stringify(history, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value)));
    }
    return texts.join('\n');
  } finally {
    await connection.close();
  }
}

async function pages(application: string): Promise<string[]> {
  const rm = ['', '/appattempts'].map((part) => `${yarn.rm}/ws/v1/cluster/apps/${application}${part}`);
  const attempt = application.replace('application', 'appattempt');
  return [
    ...rm,
    `${yarn.rm}/ws/v1/cluster/apps`,
    `${yarn.rm}/cluster/app/${application}`,
    `${yarn.rm}/cluster/appattempt/${attempt}_000001`,
    `${yarn.rm}/conf`,
    `${yarn.nm}/conf`,
    `${yarn.nm}/ws/v1/node/containers`,
    `${yarn.nm}/ws/v1/node/apps/${application}`,
    `${yarn.timeline}/ws/v1/applicationhistory/apps/${application}`,
  ];
}

test('a secret reaches the payload and nobody else, while it runs and when it has ended', async () => {
  const spec = {
    name: 'canary',
    type: 'shell',
    cluster: 'yarn',
    config: { command: ['/bin/sh', '-c', script()] },
    secrets: { CANARY: 'canary' },
    outputs: { answer: { type: 'int' } },
  };
  const { id } = (await stack.admin('POST', '/api/v1/jobs', { requestId: 'canary', spec })) as Job;
  await until('the payload to run', async () => (await lstat(`${told()}.runs`)).isFile(), 120_000);
  const application = await until('its application', async () => (await jobOf(id)).attempts.at(-1)?.handle?.id);

  const elsewhere = async (): Promise<string[]> =>
    (await Promise.all([filesWith(folder, CANARY), filesWith(yarn.folder, CANARY)])).flat().filter((file) => file !== secretFile);
  const staged = await elsewhere();
  // What waits in the staging folder; what the node fetched of it the application master has taken away.
  expect(staged).toHaveLength(1);
  expect(staged[0]).toMatch(/\/staging\/.*\/longshore-secrets$/);
  expect(await openToOthers(join(folder, 'staging'))).toEqual([]);
  const running = await processesWith(CANARY);
  expect(running.commands).toEqual([]);
  expect(running.environments).not.toEqual([]);
  expect(running.environments.filter((command) => !/^(?:\/bin\/)?(?:ba)?sh |^sleep /.test(command))).toEqual([]);
  for (const page of await pages(application)) {
    const { status, body } = await ask('GET', page);
    expect(status, page).toBe(200);
    expect(JSON.stringify(body), page).not.toContain(CANARY);
  }

  await writeFile(told(), '');
  await until('the job to end', async () => GONE.includes((await jobOf(id)).status), 120_000);
  expect((await jobOf(id)).status).toBe('SUCCEED');
  const log = await fetch(`${stack.urls[0]}/api/v1/jobs/${id}/logs`, { headers: { authorization: `Bearer ${stack.token}`, accept: 'text/plain' } });
  expect(await log.text()).toContain(createHash('sha256').update(CANARY).digest('hex'));
  // Aggregated logs with launch_container.sh in them, the ResourceManager's state, Temporal's database, ours, our logs.
  await expect.poll(elsewhere, { timeout: 30_000 }).toEqual([]);
  expect(await histories()).not.toContain(CANARY);
  expect((await processesWith(CANARY)).environments).toEqual([]);
});
