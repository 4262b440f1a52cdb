// `scheduler`: the scheduler process alone.
import type { Command } from 'commander';
import { examples } from '../context.ts';
import { processFlags, runProcess } from '../process-command.ts';

export const scheduler = (program: Command): Command =>
  processFlags(program.command('scheduler').description('Run a scheduler process; any number may run, none is a leader'))
    .addHelpText('after', examples(['With a configuration file', 'scheduler --config /etc/longshore.yaml']))
    .action(runProcess(async (flags) => (await import('../../processes/main.ts')).runScheduler(flags)));
