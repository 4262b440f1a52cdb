import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAllDocuments, type Document } from 'yaml';
import { yarnConfigSchema } from '../../../src/adapters/yarn/index.ts';
import { documentSchema } from '../../../src/specs/documents.schema.ts';
import { descendants, processesOf } from '../../helpers/processes.ts';
import { activeNodes } from './rest.ts';

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));
const PATIENCE = { timeout: 120_000, interval: 100 } as const;
let child: ChildProcess;
let folder: string;
let said: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'run-')));
  said = '';
  child = spawn(process.execPath, [RUN], { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said, PATIENCE).toContain('longshore.yaml');
});
afterEach(() => void child.kill('SIGKILL'));

const nothingIsLeft = async () => {
  await expect.poll(() => processesOf(folder), PATIENCE).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
};

test('it writes documents for Longshore whose ResourceManager answers, and SIGINT ends everything', async () => {
  const file = /apply -f (\S+)/.exec(said)![1]!;
  const [cluster, app] = parseAllDocuments(await readFile(file, 'utf8')).map((one) => documentSchema.parse((one as Document).toJS()));
  expect(app).toMatchObject({ kind: 'App', grants: { clusters: ['local', 'yarn'] } });
  const { resourceManagers } = yarnConfigSchema.parse((cluster as { config: unknown }).config);
  expect(await activeNodes(resourceManagers[0]!)).toBe(1);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(processesOf(folder)).toEqual([]);
  await nothingIsLeft();
});

test('killed, it takes everything with it, also a frozen ResourceManager', async () => {
  const rm = descendants().find(({ command }) => command.endsWith(' rm') && command.includes(folder))!;
  process.kill(rm.pid, 'SIGSTOP');
  child.kill('SIGKILL');
  await nothingIsLeft();
});
