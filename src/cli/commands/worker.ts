// `worker`: a worker process, or what is known of the workers that there are.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { processFlags, runProcess } from '../process-command.ts';

export const worker = (program: Command): Command => {
  const command = processFlags(program.command('worker').description('Run a worker process; `worker list` shows those that run'), 'workers')
    .addHelpText('after', examples(['Serve the worker group etl', 'worker --workers etl'], ['Which workers are online', 'worker list']))
    .action(runProcess(async (flags) => (await import('../../processes/main.ts')).runWorker(flags)));
  command
    .command('list')
    .description('Workers and their load')
    .action(
      action(async ({ client, out }) => {
        const { workerColumns } = await import('../pages.ts');
        const answer = await client.call('workers');
        out.list(answer, answer.items, workerColumns(out));
      }),
    );
  return command;
};
