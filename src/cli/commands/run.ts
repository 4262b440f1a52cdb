// `run`: creates a job, or a run of a DAG, and follows it to its end.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { createOptions } from '../create-options.ts';
import type { CreateOptions } from '../spec.ts';

export const run = (program: Command): Command =>
  createOptions(
    program
      .command('run')
      .description('Create a job, or run a DAG, and follow it to its end; exits 0 when it succeeded, 1 when not')
      .argument('<source>', 'a file with one Job or Dag, - for stdin, or the name of a stored one (name or name@version)')
      .option('--request-id <id>', 'your own id: with it, running twice is one job or run')
      .option('--no-log', "do not show a job's own output"),
  )
    .addHelpText(
      'after',
      `\nA job's stdout and stderr are shown on stdout and stderr, progress on stderr: of a DAG as a tree. The first Ctrl-C detaches: it goes on.\n${examples(
        ['From a file', 'run examples/hello.yaml'],
        ['A stored Job with another priority', 'run busiest-routes --set priority=1'],
        ['A stored Dag for another day', 'run flights-daily --param day=2026-11-20'],
        ['Only how it ended, for a script', 'run nightly --no-log -o json'],
      )}`,
    )
    .action(
      action(async (context, [source]: [source: string], options: CreateOptions & { log: boolean }) => {
        const { createFrom, sourceOf } = await import('../spec.ts');
        const created = await createFrom(context, sourceOf(source), options);
        if ('run' in created) {
          const { followRun } = await import('../follow-run.ts');
          context.note(`run ${created.run.id}  ${created.run.dag}`);
          return followRun(context, created.run.id);
        }
        const { followJob } = await import('../follow.ts');
        context.note(`job ${created.job.id}  ${created.job.name}`);
        return followJob(context, created.job.id, 1, { log: options.log && context.out.format === 'table' });
      }),
    );
