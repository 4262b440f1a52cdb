// `rebuild`: executions from Temporal's histories.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';

export const rebuild = (program: Command): Command =>
  program
    .command('rebuild')
    .description("Add and correct executions in the store from Temporal's histories; deletes nothing")
    .addHelpText('after', examples(['After the store was lost or restored', 'rebuild']))
    .action(
      action(async ({ client, out }) => {
        const counts = await client.call('rebuild');
        const { seen, added, corrected, failed } = counts;
        const words = failed > 0 ? `, ${failed} cannot be read: see the log of the API` : '';
        out.show(counts, () => `seen ${seen}, added ${added}, corrected ${corrected}${words}\n`);
      }),
    );
