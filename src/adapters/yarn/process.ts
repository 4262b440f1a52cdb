// Template "process" on YARN: the program and its files go as one archive to an application master of ours, which runs it and reports its end.
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { ProcessPlan } from '../../jobtypes/contract.ts';
import { StepError } from '../../specs/errors.ts';
import { sizeBytes } from '../../specs/units.ts';
import { fileOutputs } from './collect.ts';
import type { Renderer } from './submission.ts';

const AM_JAR = fileURLToPath(new URL('am/longshore-am.jar', import.meta.url));
const MIB = 1024 * 1024;
/** What the application master takes besides the payload, in MiB. */
const AM_MEMORY = 128;
const DEFAULT_MEMORY = 512;
/** Small and quick to start. Nodes set MALLOC_ARENA_MAX themselves, and kill a container that reserves 2.1 times its memory. */
const JAVA =
  'env MALLOC_ARENA_MAX=1 {{JAVA_HOME}}/bin/java -Xmx64m -Xss256k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -XX:CompressedClassSpaceSize=16m -XX:ReservedCodeCacheSize=16m';
/** Files of the archive and of the container are known by these names; see am/ApplicationMaster.java. */
const NAMES = { jar: 'longshore-am.jar', bundle: 'longshore-bundle.zip', secrets: 'longshore-secrets' };
/** The same bytes make the same archive. */
const TIME = new Date(Date.UTC(2000, 0, 1));

export const renderProcess: Renderer = async ({ ref, spec, workspace }, { plan, secrets }, site) => {
  const { argv, env } = plan.data as unknown as ProcessPlan;
  const zip = new ZipFile();
  const archive = zip.outputStream as Readable;
  // A file that is gone when its turn comes would otherwise end the process, and the archive never.
  zip.on('error', (error: Error) => archive.destroy(error));
  const entry = (name: string, words: readonly string[]): void => zip.addBuffer(terminated(words), name, { mtime: TIME, mode: 0o100600 });
  entry('argv', wordsHere(argv));
  entry('env', assignments(env));
  entry('outputs', fileOutputs(spec));
  const links: string[] = [];
  for (const path of await filesBelow(workspace.workDir)) {
    // The archive would make folders of it.
    if (path.includes('\\'))
      throw new StepError('PREPARE_FAILED', `the file name ${JSON.stringify(path)} cannot be brought to YARN: it has a backslash`);
    const file = join(workspace.workDir, path);
    const stat = await lstat(file);
    if (stat.isSymbolicLink()) links.push(path, await readlink(file));
    else if (stat.isFile()) zip.addFile(file, `work/${path}`, { mtime: TIME, mode: 0o100700 });
  }
  entry('links', links);
  zip.end();

  const jar = await site.staging.put(NAMES.jar, { file: AM_JAR });
  const bundle = await site.staging.put(NAMES.bundle, { stream: archive });
  const given = secrets.size === 0 ? undefined : await site.staging.put(NAMES.secrets, terminated(assignments(Object.fromEntries(secrets))));
  const classpath = ['{{PWD}}/longshore-am.jar', ...(await site.classpath()).split(',').filter(Boolean)].join('<CPS>');
  const memory = spec.resources.memory === undefined ? DEFAULT_MEMORY : Math.ceil(sizeBytes(spec.resources.memory) / MIB);
  return {
    type: 'LONGSHORE',
    name: spec.name,
    resource: { memory: memory + AM_MEMORY, vCores: Math.max(1, Math.ceil(spec.resources.cpu ?? 1)) },
    command: `exec ${JAVA} io.longshore.yarn.ApplicationMaster 1><LOG_DIR>/am.out 2><LOG_DIR>/am.err`,
    environment: {
      CLASSPATH: classpath,
      LONGSHORE_KEY: ref.key,
      LONGSHORE_MARK: ref.mark,
      LONGSHORE_JOB_ID: ref.jobId,
      LONGSHORE_ATTEMPT: String(ref.attempt),
      LONGSHORE_LOG_DIR: '<LOG_DIR>',
      LONGSHORE_OUT: site.outputs,
    },
    resources: {
      [NAMES.jar]: { ...jar, type: 'FILE' },
      [NAMES.bundle]: { ...bundle, type: 'FILE' },
      ...(given && { [NAMES.secrets]: { ...given, type: 'FILE' } }),
    },
    maxAttempts: 1,
  };
};

/** With a dot, so that no program takes a file for an option, nor looks for it elsewhere. */
const wordsHere = (argv: ProcessPlan['argv']): string[] => argv.map((word) => (typeof word === 'string' ? word : `./${word.file}`));

const terminated = (words: readonly string[]): Buffer => Buffer.from(words.map((word) => `${word}\0`).join(''));
const assignments = (env: { readonly [name: string]: string }): string[] => Object.entries(env).map(([name, value]) => `${name}=${value}`);

/** Relative paths of all that is no folder, in one order. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return paths.toSorted();
}
