// The real thing for tests of the CLI: `longshore up` in a folder of its own, and commands as processes.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { ROOT } from '../helpers/sources.ts';
import { LAUNCHER, startUp } from '../helpers/up.ts';

export interface CommandOptions {
  readonly env?: Record<string, string>;
  readonly input?: string;
  readonly cwd?: string;
}

/** One command of the CLI; never rejects, so that a test can look at the exit code. Add `.kill` by its pid. */
export function longshore(args: readonly string[], { env = {}, input, cwd = ROOT }: CommandOptions = {}) {
  return execa(process.execPath, [LAUNCHER, ...args], {
    cwd,
    env,
    reject: false,
    timeout: 60_000,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
}

export interface Stack {
  readonly data: string;
  readonly url: string;
  cli(...args: string[]): ReturnType<typeof longshore>;
  stop(): Promise<void>;
}

/** Starts `longshore up`; `config` is its configuration, `env` is added to its environment. */
export async function startStack(config: Record<string, unknown> = {}, env: Record<string, string> = {}): Promise<Stack> {
  const up = await startUp(config, { env });
  const { data } = up;
  const { url } = JSON.parse(await readFile(join(data, 'credentials.json'), 'utf8')) as { url: string };
  return { data, url, cli: (...args) => longshore(args, { env: { LONGSHORE_DATA: data } }), stop: () => up.stop() };
}
