// The completion script in a real bash: what Tab offers.
import { access, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { json, scripted } from '../client/server.ts';
import { ROOT } from '../helpers/sources.ts';
import { longshore } from './stack.ts';

let bin: string;
beforeAll(async () => {
  bin = await mkdtemp(join(tmpdir(), 'longshore-bin-'));
  await writeFile(join(bin, 'longshore'), `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin', 'longshore.cjs')}" "$@"\n`);
  await chmod(join(bin, 'longshore'), 0o755);
});
afterAll(() => rm(bin, { recursive: true }));

/** What bash offers after these words; the last one is what has been typed of the next. */
async function offered(url: string, ...words: string[]): Promise<string[]> {
  const script = `
    source <(longshore completion bash)
    COMP_WORDS=(longshore "$@"); COMP_CWORD=$#; COMP_LINE="longshore $*"; COMP_POINT=\${#COMP_LINE}
    "$(complete -p longshore | sed 's/.*-F \\([^ ]*\\).*/\\1/')" longshore "\${!#}" longshore
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { PATH: `${bin}:/usr/bin:/bin`, LONGSHORE_URL: url, LONGSHORE_TOKEN: 't', LONGSHORE_DATA: bin };
  const { stdout } = await execa('bash', ['--norc', '-c', script, 'bash', ...words], { env, extendEnv: false });
  return stdout.split('\n').map((line) => line.trim());
}

test('bash completes commands, flags, values, job ids and names', async () => {
  const jobs = await scripted(
    json({
      items: [
        { id: '71', name: 'a', status: 'RUNNING' },
        { id: '72', name: 'b', status: 'FAILED' },
      ],
    }),
  );
  expect(await offered(jobs.url, 'k')).toEqual(['kill']);
  expect(await offered(jobs.url, 'kill', '--re')).toEqual(['--reason']);
  expect(await offered(jobs.url, 'list', '--ur')).toEqual(['--url']);
  expect(await offered(jobs.url, 'list', '-o', '')).toEqual(['table', 'json', 'yaml']);
  expect(await offered(jobs.url, 'logs', '7')).toEqual(['71', '72']);
  expect(await offered(jobs.url, 'get', 'job', '')).toEqual(['last', '71', '72']);
  const runs = await scripted(json({ items: [{ id: '81', dag: 'a', name: 'load', status: 'RUNNING' }] }));
  expect(await offered(runs.url, 'graph', '')).toEqual(['last', '81']);
  expect(await offered(runs.url, 'get', 'run', '')).toEqual(['last', '81']);
  expect(await offered(runs.url, 'skip', '81', '')).toEqual(['load']);
  expect(runs.asked.at(-1)?.url).toContain('/api/v1/runs/81/nodes');
  const definitions = await scripted(json({ items: [{ name: 'busiest-routes', version: 3 }] }));
  expect(await offered(definitions.url, 'run', 'bu')).toEqual(['busiest-routes']);
  expect(definitions.asked[0]?.url).toBe('/api/v1/definitions/jobs');
});

test("bash completes a job's logs, and those that every job has without a server", async () => {
  const items = ['stdout', 'stderr', 'container-1-2.stderr', '$(id).stdout'].map((name) => ({ name, bytes: 1, end: true }));
  const { url, asked } = await scripted(json({ attempt: 1, items }));
  expect(await offered(url, 'logs', '71', '--stream', '')).toEqual(['stdout', 'stderr', 'container-1-2.stderr']);
  expect(asked.at(-1)?.url).toBe('/api/v1/jobs/71/logs/streams');
  expect(await offered(url, 'logs', '71', '--stream', 'cont')).toEqual(['container-1-2.stderr']);
  expect(await offered('http://127.0.0.1:9', 'logs', '71', '--stream', 'stde')).toEqual(['stderr']);
});

test('what a hostile server offers is not expanded by the shell', async () => {
  const proof = join(bin, 'proof');
  const { url } = await scripted(json({ items: [`$(touch ${proof})`, '`id`', '71'].map((id) => ({ id, name: '$(id)', status: 'RUNNING' })) }));
  expect(await offered(url, 'logs', '')).toEqual(['last', '71']);
  await expect(access(proof)).rejects.toThrow('ENOENT');
});

test('without a server Tab still completes what needs none, and is silent', async () => {
  expect(await offered('http://127.0.0.1:9', 'logs', '')).toEqual(['']);
  expect(await offered('http://127.0.0.1:9', 'work')).toEqual(['worker']);
});

test.each(['zsh', 'fish'])('there is a script for %s', async (shell) => {
  const { stdout, exitCode } = await longshore(['completion', shell]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('longshore complete --');
});
