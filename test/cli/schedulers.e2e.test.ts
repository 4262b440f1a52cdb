// The scripts of examples/schedulers as another scheduler runs them: run, run again, fail, cancel.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../helpers/sources.ts';
import { LAUNCHER } from '../helpers/up.ts';
import { startStack, type Stack } from './stack.ts';

const SCRIPTS = { 'task.sh': 'bash', 'longshore_task.py': 'python3' } as const;

let stack: Stack;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-schedulers-'));
  stack = await startStack();
  const jobs = { quick: 'echo done', failing: 'exit 3', endless: 'echo up; sleep 600' };
  const documents = Object.entries(jobs).map(([name, inline]) => ({ kind: 'Job', name, type: 'shell', config: { script: { inline } } }));
  await writeFile(join(folder, 'jobs.yaml'), documents.map((document) => JSON.stringify(document)).join('\n---\n'));
  expect((await stack.cli('apply', '-f', join(folder, 'jobs.yaml'))).exitCode).toBe(0);
  await writeFile(join(folder, 'longshore'), `#!/bin/sh\nexec "${process.execPath}" "${LAUNCHER}" "$@"\n`);
  await chmod(join(folder, 'longshore'), 0o755);
  const { stdout: token } = await stack.cli('token', 'create', 'scheduler', '--role', 'editor');
  env = { PATH: `${folder}:${process.env.PATH}`, LONGSHORE_URL: stack.url, LONGSHORE_TOKEN: token, LONGSHORE_DATA: join(folder, 'none') };
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const jobsOf = async (requestPrefix: string): Promise<{ status: string }[]> => {
  const { items } = JSON.parse((await stack.cli('list', '-o', 'json')).stdout) as { items: { requestId?: string; status: string }[] };
  return items.filter(({ requestId }) => requestId?.startsWith(requestPrefix));
};

describe.each(Object.entries(SCRIPTS))('%s', (script, interpreter) => {
  const task = (request: string, job: string) =>
    execa(interpreter, [join(ROOT, 'examples/schedulers', script), `${script}/${request}`, job], { env, reject: false, all: true, stdin: 'ignore' });

  test('ends as the job does, and is the same job when it is run again', async () => {
    for (const _ of [1, 2]) {
      const { exitCode, all } = await task('run 7/1', 'quick');
      expect(exitCode, all).toBe(0);
      expect(all).toContain('done');
    }
    expect(await jobsOf(`${script}/run 7`)).toMatchObject([{ status: 'SUCCEED' }]);
    const failed = await task('run 8/1', 'failing');
    expect([failed.exitCode, failed.all]).toEqual([1, expect.stringContaining('exit code 3')]);
  });

  test('kills the job when it is cancelled', async () => {
    const running = task('run 9/1', 'endless');
    await expect.poll(() => jobsOf(`${script}/run 9`)).toMatchObject([{ status: 'RUNNING' }]);
    running.kill('SIGTERM');
    expect((await running).exitCode).toBe(143);
    await expect.poll(() => jobsOf(`${script}/run 9`)).toMatchObject([{ status: 'KILLED' }]);
  });
});
