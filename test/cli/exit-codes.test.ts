// Scripts go by exit codes: what was seen counts, what is not ready is wrong, and a broken connection is no failed job.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { json, scripted, type Answer } from '../client/server.ts';
import { longshore } from './stack.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'longshore-exit-'));
});
afterAll(() => rm(home, { recursive: true }));

const at = '2026-01-01T00:00:00.000Z';
const view = (status: string) => ({ id: '7', name: 'n', status, attempt: 1, createdAt: at });
const events = (statuses: readonly string[]): string =>
  statuses
    .map((status, i) => {
      const event = { seq: i + 1, at, jobId: '7', attempt: 1, status, attemptStatus: status, type: 'status' };
      return `id: ${i + 1}\ndata: ${JSON.stringify(event)}\n\n`;
    })
    .join('');

/** A server of one job that has gone through these statuses. */
const serverOf = async (statuses: readonly string[]): Promise<string> => {
  const job = view(statuses.at(-1)!);
  const ended = ['SUCCEED', 'FAILED'].includes(job.status);
  const answer: Answer = (response, asked) => {
    if (!asked.url.includes('/events')) return json(job)(response, asked);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(events(statuses));
    if (ended) response.end(`event: end\ndata: ${JSON.stringify(job)}\n\n`);
  };
  return (await scripted(answer)).url;
};
const run = (url: string, ...args: string[]) => longshore(['--url', url, '--token', 't', ...args], { env: { HOME: home, LONGSHORE_DATA: home } });

test.each([
  ['STARTING', ['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING'], 0],
  ['RUNNING', ['STARTING', 'RUNNING', 'FAILED'], 0],
  ['RUNNING', ['STARTING', 'FAILED'], 1],
  ['RUNNING', ['STARTING', 'SUCCEED'], 0],
  ['ended', ['RUNNING', 'FAILED'], 1],
  ['ended', ['RUNNING', 'SUCCEED'], 0],
])('wait --for %s of a job that went through %j exits %i', async (goal, statuses, code) => {
  expect((await run(await serverOf(statuses), 'wait', '7', '--for', goal)).exitCode).toBe(code);
});

test('doctor calls a server that is not ready wrong', async () => {
  const { url } = await scripted((response, asked) => {
    if (asked.url === '/readyz') return json({ status: 'failing', checks: { store: 'ok', temporal: 'unreachable' } }, 503)(response, asked);
    if (asked.url === '/livez') return json({ status: 'ok' })(response, asked);
    return json(asked.url.endsWith('/whoami') ? { name: 'n', app: 'a', role: 'viewer' } : { items: [{ online: true }] })(response, asked);
  });
  const { exitCode, stdout } = await run(url, 'doctor', '-o', 'json');
  expect(exitCode).toBe(5);
  expect((JSON.parse(stdout) as { items: unknown[] }).items).toContainEqual(
    expect.objectContaining({ name: 'temporal and store', state: 'wrong', detail: 'store ok, temporal unreachable' }),
  );
});

/** Half of an answer, then the connection breaks. */
const cut: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"items": [', () => response.socket?.destroy());
};

test.each([['list'], ['logs', '7'], ['result', '7', 'table'], ['result', '7', 'table', '--to', 'table.csv']])(
  '%s %s %s %s: an answer that breaks off is an unreachable server, in words',
  async (...args) => {
    const { url } = await scripted(cut);
    const { exitCode, stderr } = await longshore(['--url', url, ...args], { env: { HOME: home, LONGSHORE_DATA: home }, cwd: home });
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining(`No answer from ${url}`)]);
    expect(stderr).not.toContain(' at ');
    expect(await readdir(home)).not.toContain('table.csv');
  },
);

test('profiles that are no YAML are told with their file, and without their tokens', async () => {
  await mkdir(join(home, '.config', 'longshore'), { recursive: true });
  await writeFile(join(home, '.config', 'longshore', 'profiles.yaml'), 'prod: { url: "http://x", token: secret-token\nother: [');
  const { exitCode, stderr } = await longshore(['list', '--profile', 'prod'], { env: { HOME: home } });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('profiles.yaml is not YAML')]);
  expect(stderr).not.toContain('secret-token');
});
