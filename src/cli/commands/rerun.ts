// `rerun`: the next attempt of a job, also of one that has ended.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { patchOptions } from '../patch-options.ts';
import type { PatchOptions } from '../patch.ts';
import { JOB } from '../words.ts';

export const rerun = (program: Command): Command =>
  patchOptions(
    program
      .command('rerun')
      .description('Run a job again as its next attempt, also one that has ended')
      .argument('<job>', JOB)
      .option('--reason <text>', 'why, for those who look at it later')
      .option('-f, --follow', 'follow it to its end, as run does'),
  )
    .addHelpText('after', examples(['Again, and follow', 'rerun last -f'], ['With more memory', 'rerun last --set resources.memory=2Gi']))
    .action(
      action(async (context, [job]: [job: string], { reason, follow, ...options }: PatchOptions & { reason?: string; follow?: boolean }) => {
        const { client } = context;
        const { jobIdOf } = await import('../job.ts');
        const { readPatch } = await import('../patch.ts');
        const { reportEffect } = await import('../effect.ts');
        const id = await jobIdOf(client, job);
        const before = await client.call('getJob', { params: { id } });
        const patch = await readPatch(context, options, () => Promise.resolve(before.type));
        // Naming the attempt makes a second rerun of the same end do nothing.
        const body = { attempt: before.attempt, ...(reason !== undefined && { reason }), ...(patch && { with: patch }) };
        const answer = await client.call('rerunJob', { params: { id }, body });
        if (follow !== true) return reportEffect(context, answer);
        const { followJob } = await import('../follow.ts');
        return followJob(context, id, before.attempt + 1, { log: context.out.format === 'table' });
      }),
    );
