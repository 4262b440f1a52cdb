// `kill`: stops a job, with proof.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { JOB } from '../words.ts';

export const kill = (program: Command): Command =>
  program
    .command('kill')
    .description('Stop a job; it is KILLED once its cluster has confirmed it')
    .argument('<job>', JOB)
    .option('--force', 'kill at once, without a time of grace')
    .option('--reason <text>', 'why, for those who look at it later')
    .option('--wait', 'return only when it has ended')
    .addHelpText(
      'after',
      examples(['Ask it to end', 'kill last --reason "wrong day"'], ['At once, and wait for the proof', 'kill last --force --wait']),
    )
    .action(
      action(async (context, [job]: [job: string], { force, reason, wait }: { force?: boolean; reason?: string; wait?: boolean }) => {
        const { jobIdOf } = await import('../job.ts');
        const { reportEffect } = await import('../effect.ts');
        const { waitFor } = await import('../wait.ts');
        const id = await jobIdOf(context.client, job);
        const body = { ...(reason !== undefined && { reason }), ...(force === true && { how: 'forced' as const }) };
        const answer = await context.client.call('killJob', { params: { id }, body });
        if (wait !== true) return reportEffect(context, answer);
        const { job: view } = await waitFor(context, id, 'ended');
        context.out.show(view, () => `${view.id} ${view.status}\n`);
      }),
    );
