// Entry of the CLI: parses, runs one command, and turns every failure into words and an exit code.
import { CommanderError } from 'commander';
import { EXIT, reportFailure } from './failure.ts';
import { createProgram } from './program.ts';

/** Runs the CLI with the arguments after the program's name; sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  // A reader that has had enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
  try {
    const program = createProgram();
    if (args[0] === 'complete' && args[1] === '--') await (await import('./complete.ts')).complete(program, args.slice(2));
    else await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else process.exitCode = reportFailure(error);
  }
}

await main(process.argv.slice(2));
