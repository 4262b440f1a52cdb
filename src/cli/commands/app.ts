// `app`: apps that are stored.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';

export const app = (program: Command): Command => {
  const command = program.command('app').description('Apps');
  command
    .command('list')
    .description('Apps that are stored; `get app NAME` shows one whole')
    .addHelpText('after', examples(['All of them', 'app list']))
    .action(
      action(async ({ client, out }) => {
        const { definitionColumns } = await import('../pages.ts');
        const answer = await client.call('listDefinitions', { params: { kind: 'apps' } });
        out.list(answer, answer.items, definitionColumns);
      }),
    );
  return command;
};
