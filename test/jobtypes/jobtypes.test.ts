// The job types as a user meets them: their configuration refused or accepted, and their plans really run on a local adapter.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Container } from '../../src/jobtypes/contract.ts';
import { createJobTypeRegistry } from '../../src/jobtypes/registry.ts';
import { makeWorkspace } from '../../src/jobtypes/workspace.ts';
import type { Observation } from '../../src/specs/execution.ts';
import type { JobSpecInput } from '../../src/specs/job.schema.ts';
import type { Attempt } from '../../src/adapters/contract.ts';
import { Bench, dataFolder, newKey, attemptOn } from '../adapters/local/fixture.ts';

const registry = createJobTypeRegistry();
let bench: Bench;
beforeEach(async () => {
  bench = new Bench(await dataFolder());
});
afterEach(async () => bench.close());

/** Files of the spec arrive by inline text; how the others arrive is the activities' matter. */
function containerOf(attempt: Attempt): Container<unknown> {
  return {
    ...attempt,
    config: registry.get(attempt.spec.type).config.parse(attempt.spec.config),
    signal: new AbortController().signal,
    async fetch(file, to) {
      if (typeof file === 'string') return file.replace(/^local:/, '');
      if (!('inline' in file)) throw new Error('no artifacts here');
      const path = join(attempt.workspace.workDir, to ?? file.name ?? 'inline');
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, file.inline, { mode: 0o700 });
      return path;
    },
  };
}

async function prepare(spec: Partial<JobSpecInput>) {
  const attempt = await bench.attempt(spec);
  return { attempt, plan: await registry.get(attempt.spec.type).prepare(containerOf(attempt), undefined) };
}

async function run(spec: Partial<JobSpecInput>): Promise<{ attempt: Attempt; end: Observation; stdout: string; stderr: string }> {
  const { attempt, plan } = await prepare(spec);
  const handle = await bench.adapter.start(attempt, { plan, secrets: new Map(), gate: async () => {}, signal: new AbortController().signal });
  const end = await bench.untilEnded(attempt, handle);
  return { attempt, end, stdout: await bench.log(attempt), stderr: await bench.log(attempt, 'stderr') };
}

describe('shell', () => {
  it('runs an inline script with its arguments', async () => {
    const { end, stdout } = await run({
      type: 'shell',
      config: { script: { inline: 'echo "$1|$2|$GREETING"' }, args: ["it's", '$(id)'] },
      env: { GREETING: 'hi' },
    });
    expect(stdout).toBe("it's|$(id)|hi\n");
    expect(end.final).toBe('succeeded');
  });
  it('runs a command without a shell', async () => {
    expect((await run({ type: 'shell', config: { command: ['echo', '$HOME', '*', ';', 'id'] } })).stdout).toBe('$HOME * ; id\n');
  });
  it('finds its files, those of a list in a folder and in their order', async () => {
    const parts = Array.from({ length: 11 }, (_, i) => ({ inline: `${i} `, name: 'part' }));
    const { stdout } = await run({
      config: { script: { inline: 'cat one parts/*; ls parts | head -n 1' }, files: { one: { inline: 'one ' }, parts } },
    });
    expect(stdout).toBe('one 0 1 2 3 4 5 6 7 8 9 10 00-part\n');
  });
  it('takes another interpreter from the PATH of the job', async () => {
    const attempt = await bench.attempt();
    await copyFile('/bin/sh', join(attempt.workspace.workDir, 'my-shell'));
    const { stdout } = await run({
      config: { script: { inline: 'echo ok' }, interpreter: 'my-shell' },
      env: { PATH: `${attempt.workspace.workDir}:/bin` },
    });
    expect(stdout).toBe('ok\n');
  });
  it('gives the environment of the cluster for its job type, and the spec wins', async () => {
    const { attempt } = await prepare({ type: 'shell', config: { command: ['true'] } });
    const cluster = { ...attempt.cluster, engines: { shell: { env: { A: 'cluster', B: 'cluster' }, defaults: {} } } };
    const container = { ...containerOf(attempt), cluster, spec: { ...attempt.spec, env: { B: 'spec' } } };
    expect((await registry.get('shell').prepare(container, undefined)).data['env']).toMatchObject({ A: 'cluster', B: 'spec' });
  });
});

describe('python', () => {
  it('runs a script, unbuffered, with its arguments', async () => {
    const script = { inline: 'import os, sys\nprint(sys.argv[1:], os.environ["PYTHONUNBUFFERED"])', name: 'job.py' };
    expect((await run({ type: 'python', config: { script, args: ['--top', '20'] } })).stdout).toBe("['--top', '20'] 1\n");
  });
});

describe('builtin', () => {
  it('calls the function with its params and takes outputs and progress', async () => {
    const inline = `
      type Context = { params: { n: number }; output(name: string, value: unknown): void; progress(line: string): void };
      export async function count({ params, output, progress }: Context): Promise<void> {
        progress('counting');
        output('twice', params.n * 2);
        console.log('from', process.cwd().split('/').at(-1));
      }`;
    const { attempt, end, stdout, stderr } = await run({ type: 'builtin', config: { module: { inline }, export: 'count', params: { n: 21 } } });
    expect(stderr).toBe('');
    expect(stdout).toBe('from work\n');
    expect(end).toMatchObject({ final: 'succeeded', progress: 'counting' });
    expect(await readFile(attempt.workspace.outputFile, 'utf8')).toBe('twice=42\n');
  });
  it.each([
    ['throws', 'export default () => { throw new Error("no rows today"); }', 'no rows today'],
    ['rejects', 'export default async () => { throw new TypeError("bad row"); }', 'bad row'],
    ['is missing', 'export const other = 1;', 'has no function "default"; it exports other'],
    ['does not parse', 'export default (', 'Error'],
  ])('fails with the reason in stderr when the function %s', async (_what, inline, message) => {
    const { end, stderr } = await run({ type: 'builtin', config: { module: { inline } } });
    expect(end).toMatchObject({ final: 'failed', exitCode: 1 });
    expect(stderr).toContain(message);
  });
  it('tells the function of a graceful stop', async () => {
    const inline =
      'export default ({ signal, progress }) => new Promise((done) => { signal.onabort = () => { console.log("told"); done(); }; setInterval(() => {}, 9); progress("up"); })';
    const { attempt, plan } = await prepare({ type: 'builtin', config: { module: { inline } } });
    const handle = await bench.adapter.start(attempt, { plan, secrets: new Map(), gate: async () => {}, signal: new AbortController().signal });
    while ((await bench.observe(attempt, handle)).progress !== 'up') await new Promise((next) => setTimeout(next, 20));
    expect(await bench.adapter.stop(attempt, handle, { force: false, graceMs: 10_000 })).toMatchObject({ final: 'killed', exitCode: 143 });
    expect(await bench.log(attempt)).toBe('told\n');
  });
  it('finds a package that is installed with the worker, and names one that is not', async () => {
    const { plan } = await prepare({ type: 'builtin', config: { module: 'yaml' } });
    expect(JSON.stringify(plan.data['argv'])).toContain('/node_modules/yaml/');
    await expect(prepare({ type: 'builtin', config: { module: 'no-such-package-here' } })).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      message: expect.stringContaining('no-such-package-here') as string,
    });
  });
});

describe('what is wrong is said before anything starts', () => {
  it.each<[string, Partial<JobSpecInput>, string]>([
    [
      'a name',
      { type: 'python', config: { script: { inline: '' }, python: 'python9' } },
      '"python9" was not found on this worker; PATH is /usr/local/sbin:',
    ],
    ['a name on another PATH', { type: 'shell', config: { command: ['ls'] }, env: { PATH: '/nowhere' } }, 'PATH is /nowhere'],
    ['a path', { type: 'shell', config: { command: ['/no/such/tool'] } }, '"/no/such/tool" is not an executable file'],
    ['a folder', { type: 'shell', config: { command: ['/usr'] } }, '"/usr" is not an executable file'],
  ])('a missing interpreter, given as %s', async (_what, spec, message) => {
    await expect(run(spec)).rejects.toMatchObject({ code: 'INTERPRETER_NOT_FOUND', message: expect.stringContaining(message) as string });
  });

  it.each<[string, object]>([
    ['shell', {}],
    ['shell', { command: [] }],
    ['shell', { command: ['-c'] }],
    ['shell', { script: './x.sh', command: ['ls'] }],
    ['shell', { script: './x.sh', interpeter: 'bash' }],
    ['shell', { command: ['ls', 'a\0b'] }],
    ['python', { script: 'x.py' }],
    ['python', { script: './x.py', args: [1] }],
    ['builtin', { module: '../../etc/passwd' }],
    ['builtin', { module: './x.ts', export: 'a b' }],
    ['builtin', { module: 'node:fs' }],
  ])('%s with %j', (type, config) => {
    expect(registry.get(type).config.safeParse(config).success).toBe(false);
  });
});

describe('the folders of an attempt', () => {
  it('are made once, however often it is prepared', async () => {
    const attempt = await bench.attempt();
    await writeFile(join(attempt.workspace.workDir, 'kept'), 'x');
    await makeWorkspace(attempt.workspace);
    expect(await readFile(join(attempt.workspace.workDir, 'kept'), 'utf8')).toBe('x');
  });
  it('are not made again for an attempt that is over', async () => {
    const attempt = await bench.attempt();
    await bench.adapter.clean(attempt, undefined);
    await expect(makeWorkspace(attempt.workspace)).rejects.toMatchObject({ code: 'PREPARE_FAILED' });
  });
  it.each(['../../etc', 'a/b', '', 'UPPER', `${newKey()}x`])('are never those of %j', (key) => {
    expect(() => attemptOn('/data', {}, key)).toThrow('is not an attempt key');
  });
});
