// `queue`: queues with their limits and who waits in them.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';

export const queue = (program: Command): Command => {
  const command = program.command('queue').description('Queues');
  command
    .command('list')
    .description('Queues with limits, running and waiting jobs')
    .addHelpText('after', examples(['All of them', 'queue list']))
    .action(
      action(async ({ client, out }) => {
        const { queueColumns } = await import('../pages.ts');
        const answer = await client.call('queues');
        out.list(answer, answer.items, queueColumns);
      }),
    );
  return command;
};
