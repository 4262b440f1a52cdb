// A Spark job up to its plan, and a YARN that is only folders: what a renderer makes of it can be looked at.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Attempt } from '../../../src/adapters/contract.ts';
import type { LocalResource, Site } from '../../../src/adapters/yarn/submission.ts';
import type { Container, LaunchPlan } from '../../../src/jobtypes/contract.ts';
import { spark } from '../../../src/jobtypes/spark/index.ts';
import { jobSpecSchema, type JobSpecInput } from '../../../src/specs/job.schema.ts';
import { cluster } from '../local/fixture.ts';

export const KEY = 'a'.repeat(26);
export const URI = 'file:///staging/try';

export interface Options {
  readonly spec?: Partial<JobSpecInput>;
  readonly env?: Record<string, string>;
  readonly defaults?: Record<string, string>;
  readonly key?: string;
  readonly queue?: string;
}

export class SparkBench {
  readonly folder: string;
  /** What was staged, by name. */
  readonly staged = new Map<string, Buffer>();
  /** What else is on the file system, by address. */
  readonly there = new Map<string, LocalResource>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<SparkBench> {
    return new SparkBench(await mkdtemp(join(tmpdir(), 'longshore-spark-')));
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  async prepare(config: unknown, { spec, env = {}, defaults = {}, key = KEY, queue = 'etl' }: Options = {}) {
    const workDir = join(this.folder, 'work', key);
    await mkdir(workDir, { recursive: true });
    const ref = { key, mark: 'mark1', app: 'test', jobId: '77', workflowId: 'job:test:77', firstRunId: 'run', attempt: 1, id: 'application_1_0001' };
    const workspace = { dir: workDir, workDir, logDir: workDir, latchDir: workDir, outputFile: join(workDir, 'output'), progressFile: '' };
    const engines = { spark: { env, defaults: { 'spark.yarn.jars': 'local:/opt/spark/jars/*', ...defaults } } };
    const parsed = jobSpecSchema.parse({ name: 'probe', type: 'spark', queue, ...spec, config });
    const attempt: Attempt = { ref, spec: parsed, cluster: { ...cluster, type: 'yarn', engines }, workspace };
    const container: Container<never> = {
      ...attempt,
      config: spark.config.parse(config) as never,
      signal: new AbortController().signal,
      async fetch(file, to) {
        const path = join(workDir, to!);
        if (typeof file === 'string') await copyFile(new URL(file).pathname, path);
        else if ('inline' in file) await writeFile(path, file.inline);
        return path;
      },
    };
    const plan: LaunchPlan = await spark.prepare(container, undefined);
    return { attempt, plan, site: this.site([key, 'mark1'], queue) };
  }

  site(tags: readonly string[], queue: string): Site {
    const { staged, there } = this;
    return {
      config: {} as Site['config'],
      user: 'alice',
      queue,
      tags,
      staging: {
        uri: URI,
        async put(name, content) {
          const bytes = Buffer.isBuffer(content) ? content : await readFile((content as { file: string }).file);
          staged.set(name, bytes);
          return { uri: `${URI}/${name}`, size: bytes.length, timestamp: staged.size };
        },
        stat: async (uri) => there.get(uri),
      },
      outputs: `${URI}/out`,
      classpath: async () => '$HADOOP_CONF_DIR,$HADOOP_COMMON_HOME/share/hadoop/common/*',
    };
  }

  /** An executable file. */
  async program(path: string, text: string): Promise<string> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o755 });
    return file;
  }
}

/** What a NodeManager replaces in commands and environments before bash reads them. */
const replaced = (text: string): string => text.replaceAll('<LOG_DIR>', '/logs').replaceAll('<CPS>', ':').replaceAll('{{', '$').replaceAll('}}', '');

/**
 * Starts a container as a NodeManager does, in a real bash with `java` in place of the JVM's; gives the words that it gets, and the named
 * variables.
 */
export async function startContainer(
  bench: SparkBench,
  command: string,
  environment: Readonly<Record<string, string>>,
  names: readonly string[] = [],
) {
  const at = await mkdtemp(join(bench.folder, 'container-'));
  const out = join(at, 'out');
  await mkdir(join(at, 'java', 'bin'), { recursive: true });
  const java = `#!/usr/bin/env python3
import json, os, sys
with open(${JSON.stringify(out)}, 'w') as f:
    json.dump([sys.argv[1:], [os.environ.get(name) for name in ${JSON.stringify(names)}]], f)
`;
  await writeFile(join(at, 'java', 'bin', 'java'), java, { mode: 0o755 });
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}="${replaced(value)}"\n`);
  const line = replaced(command).replaceAll('/logs/', `${at}/`);
  await writeFile(join(at, 'launch_container.sh'), `#!/bin/bash\nset -o pipefail -e\n${exports.join('')}exec /bin/bash -c "${line}"\n`);
  await promisify(execFile)('/bin/bash', ['launch_container.sh'], {
    cwd: at,
    env: { PATH: process.env.PATH!, LC_ALL: 'C.UTF-8', PWD: at, JAVA_HOME: join(at, 'java') },
  });
  const [words, variables] = JSON.parse(await readFile(out, 'utf8')) as [string[], (string | null)[]];
  return { words: words.map((word) => word.replaceAll(at, '/here')), variables, left: (name: string) => stat(join(at, name)) };
}
