// `modify`: changes a job that waits, or its next attempt.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { patchOptions } from '../patch-options.ts';
import type { PatchOptions } from '../patch.ts';
import { JOB } from '../words.ts';

export const modify = (program: Command): Command =>
  patchOptions(program.command('modify').description('Change a job that waits; once it has started, its next attempt').argument('<job>', JOB))
    .addHelpText('after', examples(['Let it go first', 'modify last --set priority=1'], ['Another queue', 'modify last --set queue=large']))
    .action(
      action(async (context, [job]: [job: string], options: PatchOptions) => {
        const { client } = context;
        const { CliError } = await import('../failure.ts');
        const { jobIdOf } = await import('../job.ts');
        const { readPatch } = await import('../patch.ts');
        const { reportEffect } = await import('../effect.ts');
        const id = await jobIdOf(client, job);
        const patch = await readPatch(context, options, async () => (await client.call('getJob', { params: { id } })).type);
        if (patch === undefined) throw new CliError('What shall be changed?', { advice: 'Give --set key=value or --with FILE.' });
        reportEffect(context, await client.call('modifyJob', { params: { id }, body: { with: patch } }));
      }),
    );
