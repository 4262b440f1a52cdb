// `up`: everything on this machine with one command.
import type { Command } from 'commander';
import { examples } from '../context.ts';
import { processFlags, runProcess } from '../process-command.ts';

export const up = (program: Command): Command =>
  processFlags(
    program.command('up').description('Run everything here: API, scheduler, a worker and an embedded Temporal server'),
    'host',
    'port',
    'workers',
  )
    .option('--renew-temporal', "replace the embedded server's database by one of this Temporal version; refused until every job has ended")
    .addHelpText(
      'after',
      examples(['Start, with data in ~/.local/share/longshore', 'up'], ['Another instance beside it', 'up --data ./data --port 7799']),
    )
    .action(runProcess(async (flags) => (await import('../../processes/main.ts')).runUp(flags)));
