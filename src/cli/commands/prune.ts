// `prune`: removes what retention no longer keeps.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';

export const prune = (program: Command): Command =>
  program
    .command('prune')
    .description('Remove runs, jobs, logs, artifacts and audit records that are older than the configured retention')
    .option('--dry-run', 'only count them')
    .addHelpText('after', examples(['What would go', 'prune --dry-run']))
    .action(
      action(async ({ client, out }, _: [], { dryRun = false }: { dryRun?: boolean }) => {
        const gone = await client.call('prune', { body: { dryRun } });
        const { runs, jobs, logs, cycles, backfills, artifacts, audit, bytes } = gone;
        const what = `${runs} runs, ${jobs} jobs, ${logs} logs, ${cycles} cycles, ${backfills} backfills, ${artifacts} artifacts, ${audit} audit records, ${bytes} bytes`;
        out.show(gone, () => `${dryRun ? 'would remove' : 'removed'} ${what}\n`);
      }),
    );
