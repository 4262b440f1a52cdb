// `run`: creates a job and follows it to its end.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { patchOptions } from '../patch-options.ts';
import type { PatchOptions } from '../patch.ts';

export const run = (program: Command): Command =>
  patchOptions(
    program
      .command('run')
      .description('Create a job and follow it to its end; exits 0 when it succeeded, 1 when not')
      .argument('<source>', 'a file with one Job, - for stdin, or the name of a stored Job (name or name@version)')
      .option('--request-id <id>', 'your own id: with it, running twice is one job')
      .option('--no-log', "do not show the job's own output"),
  )
    .addHelpText(
      'after',
      `\nThe job's stdout and stderr are shown on stdout and stderr, its progress on stderr. The first Ctrl-C detaches: the job goes on.\n${examples(
        ['From a file', 'run examples/hello.yaml'],
        ['A stored Job with another priority', 'run busiest-routes --set priority=1'],
        ['Only how it ended, for a script', 'run nightly --no-log -o json'],
      )}`,
    )
    .action(
      action(async (context, [source]: [source: string], options: PatchOptions & { requestId?: string; log: boolean }) => {
        const { createFrom, sourceOf } = await import('../spec.ts');
        const { followJob } = await import('../follow.ts');
        const job = await createFrom(context, sourceOf(source), options);
        context.note(`job ${job.id}  ${job.name}`);
        return followJob(context, job.id, 1, { log: options.log && context.out.format === 'table' });
      }),
    );
