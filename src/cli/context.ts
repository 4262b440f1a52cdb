// What every command gets: its settings, a client and an output. Loaded only when a command runs, so that --help starts at once.
import type { Command } from 'commander';
import type { Client } from '../client/index.ts';
import type { Output } from './output.ts';
import type { GlobalFlags, Settings } from './settings.ts';

export interface Context {
  readonly flags: GlobalFlags;
  readonly settings: Settings;
  readonly client: Client;
  readonly out: Output;
  /** Whether to colour stderr. */
  readonly colorErrors: boolean;
  /** Progress and remarks: stderr. */
  readonly note: (text: string) => void;
}

/** Makes the context from a command's own and global flags. */
async function createContext(flags: GlobalFlags): Promise<Context> {
  const [{ createClient }, { createOutput }, { resolveSettings }, { cliEnvironment }, { plain }] = await Promise.all([
    import('../client/index.ts'),
    import('./output.ts'),
    import('./settings.ts'),
    import('../config.ts'),
    import('./text.ts'),
  ]);
  const settings = resolveSettings(flags);
  const wantsColor = flags.color !== false && !cliEnvironment().noColor;
  const client = createClient({
    url: settings.url,
    ...(settings.token !== undefined && { token: settings.token }),
    ...(settings.app !== undefined && { app: settings.app }),
  });
  return {
    flags,
    settings,
    client,
    out: createOutput(flags.output ?? 'table', process.stdout, wantsColor),
    colorErrors: wantsColor && process.stderr.isTTY,
    note: (text) => void process.stderr.write(`${plain(text)}\n`),
  };
}

/** A commander action from a function of (context, arguments, options). What it returns is the exit code.
 * Arguments and options are what the command declares beside it, so the function says their types. */
export function action(run: (context: Context, args: never, options: never) => Promise<number | void>): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    const context = await createContext(command.optsWithGlobals<GlobalFlags>());
    const code = await run(context, command.processedArgs as never, command.opts());
    process.exitCode = code ?? 0;
  };
}

/** Examples under a command's help: what it does, then the line to type. */
export function examples(...lines: readonly [what: string, line: string][]): string {
  return `\nExamples:\n${lines.map(([what, line]) => `  # ${what}\n  $ longshore ${line}`).join('\n')}\n`;
}
