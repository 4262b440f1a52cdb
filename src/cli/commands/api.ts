// `api`: the API process alone.
import type { Command } from 'commander';
import { examples } from '../context.ts';
import { processFlags, runProcess } from '../process-command.ts';

export const api = (program: Command): Command =>
  processFlags(program.command('api').description('Run an API process; Temporal and the store are those of the configuration'), 'host', 'port')
    .addHelpText('after', examples(['Serve on all addresses', 'api --host 0.0.0.0 --port 7788 --config /etc/longshore.yaml']))
    .action(runProcess(async (flags) => (await import('../../processes/main.ts')).runApi(flags)));
