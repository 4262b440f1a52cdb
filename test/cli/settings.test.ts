import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { json, scripted, type Asked } from '../client/server.ts';
import { longshore } from './stack.ts';

let home: string;
let data: string;
let server: { url: string; asked: Asked[] };

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'longshore-home-'));
  data = join(home, 'data');
  await mkdir(data);
  await mkdir(join(home, '.config', 'longshore'), { recursive: true });
});
afterAll(() => rm(home, { recursive: true }));

/** What the server was asked by `get queues`, with credentials and a profile that name it. */
async function asked(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ headers: Asked['headers'] | undefined; exitCode: number | undefined; stderr: string }> {
  server = await scripted(json({ items: [] }));
  await writeFile(join(data, 'credentials.json'), JSON.stringify({ url: server.url, token: 'from-data' }));
  await writeFile(
    join(home, '.config', 'longshore', 'profiles.yaml'),
    `prod: { url: "${server.url}", token: from-profile, app: etl }\nother: { url: "http://127.0.0.1:9", token: others }\n`,
  );
  const { exitCode, stderr } = await longshore(['get', 'queues', ...args], { env: { HOME: home, LONGSHORE_DATA: data, ...env } });
  return { headers: server.asked[0]?.headers, exitCode, stderr };
}
const token = async (args: readonly string[], env?: Record<string, string>): Promise<string | undefined> =>
  (await asked(args, env)).headers?.authorization;

test('the token is that of the flag, the environment, the profile, then the data folder', async () => {
  const env = { LONGSHORE_TOKEN: 'from-env' };
  expect(await token(['--token', 'from-flag', '--profile', 'prod'], env)).toBe('Bearer from-flag');
  expect(await token(['--profile', 'prod'], env)).toBe('Bearer from-env');
  expect(await token(['--profile', 'prod'])).toBe('Bearer from-profile');
  expect(await token([], { LONGSHORE_PROFILE: 'prod' })).toBe('Bearer from-profile');
  expect(await token([])).toBe('Bearer from-data');
});

const app = async (args: readonly string[], env?: Record<string, string>) => (await asked(args, env)).headers?.['longshore-app'];

test('the app is that of the flag, the environment, then the profile', async () => {
  expect(await app(['--profile', 'prod', '--app', 'one'], { LONGSHORE_APP: 'two' })).toBe('one');
  expect(await app(['--profile', 'prod'], { LONGSHORE_APP: 'two' })).toBe('two');
  expect(await app(['--profile', 'prod'])).toBe('etl');
  expect(await app([])).toBeUndefined();
});

test('a stored token never goes to another address than its own', async () => {
  const elsewhere = await scripted(json({ items: [] }));
  await asked(['--url', elsewhere.url]);
  await asked(['--profile', 'prod', '--url', elsewhere.url]);
  await asked([], { LONGSHORE_URL: elsewhere.url });
  expect(elsewhere.asked.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined, undefined]);
});

test('a profile that is not there is told with those that are', async () => {
  const { exitCode, stderr } = await asked(['--profile', 'prd']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('There is no profile "prd"');
  expect(stderr).toContain('prod, other');
});
