// `rollback`: an old version of a stored document becomes the newest one.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { kindOption, type KindOptions } from '../create-options.ts';
import { positive } from '../numbers.ts';

export const rollback = (program: Command): Command =>
  kindOption(
    program
      .command('rollback')
      .description('Store an old version of a Job or Dag again, as its newest one; runs and jobs that are under way keep theirs')
      .argument('<name>', 'name of a stored Job or Dag')
      .option('--to-version <n>', 'the version to go back to; default the one before the newest', positive),
  )
    .addHelpText(
      'after',
      examples(['Take back the last change', 'rollback flights-daily'], ['To a certain one', 'rollback flights-daily --to-version 3']),
    )
    .action(
      action(async ({ client, out }, [name]: [name: string], options: KindOptions & { toVersion?: number }) => {
        const { storedAs, ROUTE_KIND } = await import('../kinds.ts');
        const { CliError, EXIT } = await import('../failure.ts');
        const newest = await storedAs(client, name, options.kind);
        const version = options.toVersion ?? newest.version - 1;
        if (version < 1) throw new CliError(`${newest.kind} ${name} has one version only.`, { exitCode: EXIT.refused });
        const params = { kind: ROUTE_KIND[newest.kind as 'Job' | 'Dag'], name };
        // What somebody else has stored meanwhile is not taken back unseen.
        const stored = await client.call('rollbackDefinition', { params, body: { version }, ifMatch: newest.version });
        out.show(stored, () => `${stored.kind} ${name}: version ${stored.version} is version ${version} again\n`);
      }),
    );
