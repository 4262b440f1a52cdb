// `create`: posts a job and returns at once.
import { Option, type Command } from 'commander';
import { action, examples } from '../context.ts';
import type { PatchOptions } from '../patch.ts';
import { patchOptions } from '../patch-options.ts';

export const create = (program: Command): Command =>
  patchOptions(
    program
      .command('create')
      .description('Create a job and return at once; its id goes to stdout')
      .addOption(new Option('-f, --file <file>', 'a file with one Job; - is stdin').conflicts('ref'))
      .option('--ref <name>', 'a stored Job: name or name@version')
      .option('--request-id <id>', 'your own id: creating twice with it makes one job'),
  )
    .addHelpText(
      'after',
      examples(
        ['From a file', 'create -f job.yaml'],
        ['From a stored Job, with another argument', 'create --ref busiest-routes --set config.args=\'[--top, "5"]\''],
        ['Safe to call twice', 'create --ref nightly --request-id nightly-2026-11-21'],
      ),
    )
    .action(
      action(async (context, _: [], options: PatchOptions & { file?: string; ref?: string; requestId?: string }) => {
        const { createFrom } = await import('../spec.ts');
        const { CliError } = await import('../failure.ts');
        if (options.file === undefined && options.ref === undefined)
          throw new CliError('What shall be created?', { advice: 'Give -f FILE or --ref NAME.' });
        const source = options.file === undefined ? { ref: options.ref ?? '' } : { file: options.file };
        const job = await createFrom(context, source, options);
        context.out.show(job, () => `${job.id}\n`);
      }),
    );
