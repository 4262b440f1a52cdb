// What the commands that run a process of Longshore have in common: their flags are settings of the configuration.
import { InvalidArgumentError, type Command } from 'commander';
import type { ConfigFlags } from '../config.ts';
import { StartError } from '../start-error.ts';
import { CliError, EXIT } from './failure.ts';

const LEFTOVER_MS = 2_000;

const FLAGS = {
  host: ['--host <address>', 'address to listen on (api.host; default 127.0.0.1)'],
  workers: ['--workers <group>', 'worker group to serve (worker.group; default "default")'],
} as const;

/** Adds --config and the flags named; --data is global. */
export function processFlags(command: Command, ...names: readonly ('host' | 'port' | 'workers')[]): Command {
  command.option('--config <file>', 'configuration file (LONGSHORE_CONFIG; default longshore.yaml in the data folder)');
  for (const name of names) {
    if (name === 'port') command.option('--port <port>', 'port to listen on; 0 takes a free one (api.port; default 7788)', portOf);
    else command.option(FLAGS[name][0], FLAGS[name][1]);
  }
  return command;
}

/** A commander action for a process that runs until it is told to stop; then its exit code becomes ours. */
export function runProcess(run: (flags: ConfigFlags) => Promise<number | void>): (options: unknown, command: Command) => Promise<void> {
  return async (_, command) => {
    try {
      process.exitCode = (await run(command.optsWithGlobals<ConfigFlags>())) ?? EXIT.ok;
    } catch (error) {
      throw explained(error);
    } finally {
      // Everything was closed; a native handle that was not must not keep a process that has ended.
      setTimeout(() => process.exit(), LEFTOVER_MS).unref();
    }
  };
}

/** What a process refuses to start for is told in words; only a defect of ours is worth a stack. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError) return error;
  if (error instanceof StartError) return error;
  return new CliError(error.message, { exitCode: EXIT.unreachable, cause: error });
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535 || text.trim() === '') throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
}
