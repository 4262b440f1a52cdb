import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cliEnvironment, loadConfig } from '../../src/config.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-config-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const written = async (text: string): Promise<string> => {
  const file = join(folder, 'longshore.yaml');
  await writeFile(file, text);
  return file;
};
const originOf = (loaded: ReturnType<typeof loadConfig>, path: string) => loaded.settings.find((setting) => setting.path === path);

test('a flag wins over the environment, which wins over the file, and the origin says so', async () => {
  const config = await written('data: ./d\napi:\n  port: 1000\nworker:\n  slots: 3\n  group: file\n');
  const env = { LONGSHORE_WORKER_SLOTS: '4', LONGSHORE_WORKER_GROUP: 'env', LONGSHORE_API_PORT: '2000' };
  const loaded = loadConfig({ config, workers: 'flag' }, env);
  expect(loaded.config.worker).toMatchObject({ slots: 4, group: 'flag' });
  expect(loaded.config.api.port).toBe(2000);
  expect(loaded.config.data).toBe(join(folder, 'd'));
  expect(originOf(loaded, 'data')?.origin).toBe(`${config}:1`);
  expect(originOf(loaded, 'worker.slots')).toMatchObject({ value: 4, origin: 'LONGSHORE_WORKER_SLOTS' });
  expect(originOf(loaded, 'worker.group')?.origin).toBe('--workers');
  expect(originOf(loaded, 'timings.grace')).toMatchObject({ value: '10s', origin: 'default' });
});

test('without anything the data folder is in the home folder, and the rest follows from it', () => {
  const { config, file } = loadConfig({ data: folder }, {});
  expect(file).toBeUndefined();
  expect(config).toMatchObject({ store: { sqlite: join(folder, 'longshore.db') }, logs: { folder: join(folder, 'logs') } });
  expect(loadConfig({}, { LONGSHORE_CONFIG: '/dev/null' }).config.data).toBe(join(homedir(), '.local/share/longshore'));
});

test('a relative folder in a flag or variable starts from here, one in the file from the file', async () => {
  const config = await written('data: ./d\nlogs: { folder: ./l }\n');
  const env = { LONGSHORE_DATA: 'here', LONGSHORE_ARTIFACTS_FOLDER: '~/mine' };
  const loaded = loadConfig({ config }, env).config;
  expect(loaded.data).toBe(resolve('here'));
  expect(loaded.logs.folder).toBe(join(folder, 'l'));
  expect(loaded.artifacts.folder).toBe(join(homedir(), 'mine'));
  expect(loadConfig({ config, data: 'flag' }, env).config.store.sqlite).toBe(resolve('flag', 'longshore.db'));
  // The file that a relative data folder holds is found, and is not where the folder starts from.
  const at = relative(process.cwd(), folder);
  expect(loadConfig({ data: at }, {})).toMatchObject({ file: config, config: { data: folder } });
  expect(cliEnvironment({ LONGSHORE_DATA: at }).data).toBe(folder);
});

test('lists and objects come from the environment as YAML, and texts stay texts', () => {
  const env = { LONGSHORE_WORKER_ALLOW: '{apps: [etl], clusters: "*", users: "*"}', LONGSHORE_TEMPORAL_NAMESPACE: '007' };
  const { config } = loadConfig({ data: folder }, env);
  expect(config.worker.allow).toEqual({ apps: ['etl'], clusters: '*', users: '*' });
  expect(config.temporal.namespace).toBe('007');
});

test('a wrong value is quoted with file, line and field', async () => {
  const config = await written('data: ./d\nworker:\n  slots: many\n  colour: red\n');
  const error = refusal(() => loadConfig({ config }, { LONGSHORE_API_PORT: '70000' }));
  expect(error).toContain(`${config}:3: worker.slots:`);
  expect(error).toContain('(it is "many")');
  expect(error).toContain(`${config}:4: worker.colour:`);
  expect(error).toContain('LONGSHORE_API_PORT: api.port:');
});

test('a file that is no YAML is refused with its line, a named file that is missing by name', async () => {
  const config = await written('data: ./d\nworker: [unclosed\n');
  expect(refusal(() => loadConfig({ config }, {}))).toMatch(/longshore\.yaml:[23]: /);
  expect(refusal(() => loadConfig({ config: join(folder, 'none.yaml') }, {}))).toMatch(/none\.yaml: cannot be read/);
  expect(loadConfig({ data: join(folder, 'empty') }, {}).file).toBeUndefined();
});

test('the client takes its settings from the environment', () => {
  expect(cliEnvironment({ LONGSHORE_URL: 'http://x', LONGSHORE_TOKEN: '', NO_COLOR: '1' })).toMatchObject({
    url: 'http://x',
    token: undefined,
    noColor: true,
    ci: false,
  });
});

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ code: 'START', exitCode: 78 });
    return (error as Error).message;
  }
  throw new Error('was not refused');
}
