// Programs of the operating system that a worker runs for itself.
import { execa } from 'execa';

/** All that they get of an environment: the worker's own may hold secrets, and whoever a program runs as may read what it was given. */
export const TOOL_ENV = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' };

interface ToolOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
}

/** Runs one to its end; the result says how it ended. */
export const runTool = (file: string, args: readonly string[], options: ToolOptions = {}) =>
  execa(file, args, { ...options, env: TOOL_ENV, extendEnv: false, reject: false, stdin: 'ignore' });
