// `cluster`: clusters that are stored.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';

export const cluster = (program: Command): Command => {
  const command = program.command('cluster').description('Clusters');
  command
    .command('list')
    .description('Clusters that are stored; `get cluster NAME` shows one whole')
    .addHelpText('after', examples(['All of them', 'cluster list']))
    .action(
      action(async ({ client, out }) => {
        const { definitionColumns } = await import('../pages.ts');
        const answer = await client.call('listDefinitions', { params: { kind: 'clusters' } });
        out.list(answer, answer.items, definitionColumns);
      }),
    );
  return command;
};
