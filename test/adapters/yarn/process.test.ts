// What an application master of ours is given: the archive byte for byte, the container, and secrets in one file alone.
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileOutputs } from '../../../src/adapters/yarn/collect.ts';
import { JAR } from '../../../src/adapters/yarn/am/sources.ts';
import { renderProcess } from '../../../src/adapters/yarn/process.ts';
import type { LocalResource, Site, Submission } from '../../../src/adapters/yarn/submission.ts';
import type { Word } from '../../../src/jobtypes/contract.ts';
import { makeWorkspace, workspacePaths } from '../../../src/jobtypes/workspace.ts';
import { jobSpecSchema, type JobSpecInput } from '../../../src/specs/job.schema.ts';
import { newKey } from './fixture.ts';

/** The entries of a zip file, in order: name, mode, content in base64. Python can read it wherever the tests run. */
const READ = `
import base64, io, json, sys, zipfile
zip = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert zip.testzip() is None
print(json.dumps([[e.filename, oct(e.external_attr >> 16), base64.b64encode(zip.read(e)).decode()] for e in zip.infolist()]))`;

interface Entry {
  readonly name: string;
  readonly mode: string;
  readonly content: Buffer;
}
async function entriesOf(zip: Buffer): Promise<Entry[]> {
  const { stdout } = await execa('python3', ['-c', READ], { input: zip });
  return (JSON.parse(stdout) as [string, string, string][]).map(([name, mode, content]) => ({ name, mode, content: Buffer.from(content, 'base64') }));
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longshore-process-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

interface Given {
  readonly argv?: readonly Word[];
  readonly env?: Record<string, string>;
  readonly secrets?: Record<string, string>;
  readonly spec?: Partial<JobSpecInput>;
  /** Fills the working directory. */
  readonly fill?: (workDir: string) => Promise<unknown>;
  /** Called before each file is staged. */
  readonly onPut?: (name: string, workDir: string) => Promise<unknown>;
}

interface Rendered {
  readonly submission: Submission;
  readonly files: Map<string, Buffer>;
  readonly key: string;
}

/** Renders with a staging folder that keeps what it is given. */
async function render({ argv = ['true'], env = {}, secrets = {}, spec = {}, fill, onPut }: Given = {}): Promise<Rendered> {
  const key = newKey();
  const workspace = workspacePaths(folder, key);
  await makeWorkspace(workspace);
  await fill?.(workspace.workDir);
  const files = new Map<string, Buffer>();
  const site: Site = {
    config: {} as Site['config'],
    user: 'alice',
    queue: 'default',
    tags: [key, 'longshore-mark'],
    outputs: 'hdfs://nn/longshore/alice/attempts/k/out',
    classpath: async () => '$HADOOP_CONF_DIR,/opt/hadoop/*',
    staging: {
      uri: 'hdfs://nn/longshore/alice/attempts/k/try',
      stat: async () => undefined,
      async put(name, content): Promise<LocalResource> {
        await onPut?.(name, workspace.workDir);
        const bytes = Buffer.isBuffer(content) ? content : 'file' in content ? await readFile(content.file) : await buffer(content.stream);
        files.set(name, bytes);
        return { uri: `hdfs://nn/longshore/alice/attempts/k/try/${name}`, size: bytes.length, timestamp: 1_700_000_000_000 };
      },
    },
  };
  const ref = { key, mark: 'Mark', app: 'test', jobId: '7', workflowId: 'w', firstRunId: 'r', attempt: 2 };
  const parsed = jobSpecSchema.parse({ name: 'test', type: 'shell', ...spec });
  const plan = { template: 'process', outputPath: '', data: { argv: argv as never, env } };
  const signal = new AbortController().signal;
  const submission = await renderProcess(
    { ref, spec: parsed, cluster: {} as never, workspace },
    { plan, secrets: new Map(Object.entries(secrets)), signal },
    site,
  );
  return { submission, files, key };
}

const bundle = async ({ files }: Rendered): Promise<Map<string, Entry>> =>
  new Map((await entriesOf(files.get('longshore-bundle.zip')!)).map((entry) => [entry.name, entry]));
const list = (entry: Entry | undefined): string[] => entry!.content.toString().split('\0').slice(0, -1);

describe('the archive', () => {
  it('holds words, environment, outputs, links and files', async () => {
    const rendered = await render({
      argv: ['/bin/sh', { file: 'run.sh' }, 'a b', '', '$(x) `y` "z" \'', '\u{1f600}', '\u0001\u007f\n\t\\'],
      env: { A: '1', EMPTY: '', LINES: 'a\nb=c' },
      spec: { outputs: { z: { file: 'z.txt' }, v: { type: 'int' }, a: { file: 'dir/a.txt' } } },
      fill: async (workDir) => {
        await writeFile(join(workDir, 'run.sh'), 'echo hi');
        await mkdir(join(workDir, 'dir/deep'), { recursive: true });
        await writeFile(join(workDir, 'dir/deep/ä b'), Buffer.from([0, 255, 10]));
        await symlink('/data/big', join(workDir, 'dir/big'));
      },
    });
    const entries = await bundle(rendered);
    expect([...entries.keys()].toSorted()).toEqual(['argv', 'env', 'links', 'outputs', 'work/dir/deep/ä b', 'work/run.sh']);
    expect(list(entries.get('argv'))).toEqual(['/bin/sh', './run.sh', 'a b', '', '$(x) `y` "z" \'', '\u{1f600}', '\u0001\u007f\n\t\\']);
    expect(list(entries.get('env'))).toEqual(['A=1', 'EMPTY=', 'LINES=a\nb=c']);
    expect(list(entries.get('outputs'))).toEqual(['z.txt', 'dir/a.txt']);
    expect(list(entries.get('links'))).toEqual(['dir/big', '/data/big']);
    expect(entries.get('work/run.sh')).toMatchObject({ mode: '0o100700', content: Buffer.from('echo hi') });
    expect(entries.get('work/dir/deep/ä b')!.content).toEqual(Buffer.from([0, 255, 10]));
    for (const name of ['argv', 'env', 'links', 'outputs']) expect(entries.get(name)!.mode).toBe('0o100600');
  });

  it('takes any word and any environment as they are', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 50 }).filter((word) => !word.includes('\0') && word.isWellFormed());
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), fc.dictionary(name, text, { maxKeys: 10 }), async (argv, env) => {
        const entries = await bundle(await render({ argv, env }));
        expect(list(entries.get('argv'))).toEqual(argv);
        expect(list(entries.get('env'))).toEqual(Object.entries(env).map(([key, value]) => `${key}=${value}`));
      }),
      { numRuns: 4 },
    );
  });

  it('is the same for the same job', async () => {
    const given: Given = {
      fill: async (workDir) => {
        for (const name of ['b', 'a', 'c']) await writeFile(join(workDir, name), name);
      },
    };
    const [one, two] = [await render(given), await render(given)];
    expect(one.files.get('longshore-bundle.zip')).toEqual(two.files.get('longshore-bundle.zip'));
  });

  it('names outputs in the order in which they are brought back', async () => {
    const outputs = Object.fromEntries(['z', 'b', 'a', 'm', '9'].map((name) => [name, { file: `${name}.txt` }]));
    const entries = await bundle(await render({ spec: { outputs } }));
    expect(list(entries.get('outputs'))).toEqual(fileOutputs(jobSpecSchema.parse({ name: 'x', type: 'shell', outputs })));
  });

  it('names a file so that no program takes it for an option, and a shell finds it', async () => {
    const entries = await bundle(
      await render({ argv: [{ file: '-c' }, { file: 'sub/-x.py' }, '-c'], fill: (workDir) => writeFile(join(workDir, '-c'), '') }),
    );
    expect(list(entries.get('argv'))).toEqual(['./-c', './sub/-x.py', '-c']);
    expect([...entries.keys()]).toContain('work/-c');
  });

  it.each(['C:x', '..x', 'a:b', ' ', 'é', '%2e', 'new\nline'])('keeps the name of a file: %j', async (name) => {
    const entries = await bundle(await render({ fill: (workDir) => writeFile(join(workDir, name), name) }));
    expect(entries.get(`work/${name}`)?.content.toString()).toBe(name);
  });

  it('does not make another name of one that it cannot hold', async () => {
    await expect(render({ fill: (workDir) => writeFile(join(workDir, 'a\\b'), '') })).rejects.toMatchObject({
      code: 'PREPARE_FAILED',
      retryable: false,
      message: expect.stringContaining('backslash'),
    });
  });

  it('that cannot be made whole fails the step, and ends no process', async () => {
    const uncaught: unknown[] = [];
    const listen = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', listen).on('unhandledRejection', listen);
    const vanishing: Given = {
      fill: async (workDir) => {
        await writeFile(join(workDir, 'a'), Buffer.alloc(4 * 1024 * 1024, 'x'));
        await writeFile(join(workDir, 'b'), 'b');
        await chmod(join(workDir, 'b'), 0o600);
      },
      onPut: async (name, workDir) => (name === 'longshore-bundle.zip' ? rm(join(workDir, 'b'), { force: true }) : undefined),
    };
    await expect(render(vanishing)).rejects.toThrow('ENOENT');
    process.off('uncaughtException', listen).off('unhandledRejection', listen);
    expect(uncaught).toEqual([]);
  });
});

describe('the container', () => {
  it('has the jar, the archive, and what the application master must know', async () => {
    const { submission, files, key } = await render();
    expect(submission).toMatchObject({ type: 'LONGSHORE', name: 'test', maxAttempts: 1 });
    expect(Object.keys(submission.resources)).toEqual(['longshore-am.jar', 'longshore-bundle.zip']);
    expect(submission.resources['longshore-am.jar']).toMatchObject({ type: 'FILE', size: (await readFile(JAR)).length });
    expect(files.get('longshore-am.jar')).toEqual(await readFile(JAR));
    expect(submission.environment).toMatchObject({
      CLASSPATH: '{{PWD}}/longshore-am.jar<CPS>$HADOOP_CONF_DIR<CPS>/opt/hadoop/*',
      LONGSHORE_KEY: key,
      LONGSHORE_MARK: 'Mark',
      LONGSHORE_JOB_ID: '7',
      LONGSHORE_ATTEMPT: '2',
      LONGSHORE_OUT: 'hdfs://nn/longshore/alice/attempts/k/out',
    });
  });

  it.each([
    [{}, 512 + 128, 1],
    [{ memory: '1Gi' }, 1024 + 128, 1],
    [{ memory: '1500M' }, 1431 + 128, 1],
    [{ memory: '1' }, 1 + 128, 1],
    [{ cpu: 0.1 }, 512 + 128, 1],
    [{ cpu: 2 }, 512 + 128, 2],
    [{ cpu: 2.1 }, 512 + 128, 3],
  ])('for %j gets %i MiB and %i cores', async (resources, memory, vCores) => {
    expect((await render({ spec: { resources } })).submission.resource).toEqual({ memory, vCores });
  });

  it('has no word of the job in its command or its environment', async () => {
    const { submission } = await render({ argv: ['word-of-the-job'], env: { OWN: 'variable-of-the-job' }, spec: { name: 'name-of-the-job' } });
    expect(submission.command + JSON.stringify(submission.environment)).not.toMatch(/of-the-job/);
  });
});

describe('secrets', () => {
  const secrets = { TOKEN: 'hunter2\nand more', OTHER: 'p=ss word' };

  it('are in one file of their own, and nowhere else', async () => {
    const rendered = await render({ secrets });
    const { files, submission } = rendered;
    expect(files.get('longshore-secrets')!.toString()).toBe('TOKEN=hunter2\nand more\0OTHER=p=ss word\0');
    expect(submission.resources['longshore-secrets']).toMatchObject({ type: 'FILE' });
    expect(JSON.stringify(submission)).not.toMatch(/hunter2|p=ss/);
    for (const { name, content } of (await bundle(rendered)).values())
      expect([name, content.includes('hunter2'), content.includes('p=ss')]).toEqual([name, false, false]);
  });

  it('are no file where there are none', async () => {
    expect([...(await render()).files.keys()]).toEqual(['longshore-am.jar', 'longshore-bundle.zip']);
  });
});
