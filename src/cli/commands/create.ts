// `create`: posts a job, or a run of a DAG, and returns at once.
import { Option, type Command } from 'commander';
import { action, examples } from '../context.ts';
import { createOptions } from '../create-options.ts';
import type { CreateOptions } from '../spec.ts';

export const create = (program: Command): Command =>
  createOptions(
    program
      .command('create')
      .description('Create a job, or a run of a DAG, and return at once; its id goes to stdout')
      .addOption(new Option('-f, --file <file>', 'a file with one Job or Dag; - is stdin').conflicts('ref'))
      .option('--ref <name>', 'a stored Job or Dag: name or name@version')
      .option('--request-id <id>', 'your own id: creating twice with it makes one job or run'),
  )
    .addHelpText(
      'after',
      examples(
        ['From a file', 'create -f job.yaml'],
        ['From a stored Job, with another argument', 'create --ref busiest-routes --set config.args=\'[--top, "5"]\''],
        ['Safe to call twice', 'create --ref nightly --request-id nightly-2026-11-21'],
        ['A run of a stored Dag', 'create --ref flights-daily --param day=2026-11-20'],
      ),
    )
    .action(
      action(async (context, _: [], options: CreateOptions & { file?: string; ref?: string }) => {
        const { createFrom } = await import('../spec.ts');
        const { CliError } = await import('../failure.ts');
        if (options.file === undefined && options.ref === undefined)
          throw new CliError('What shall be created?', { advice: 'Give -f FILE or --ref NAME.' });
        const source = options.file === undefined ? { ref: options.ref ?? '' } : { file: options.file };
        const created = await createFrom(context, source, options);
        const made = 'run' in created ? created.run : created.job;
        context.out.show(made, () => `${made.id}\n`);
      }),
    );
