// `export`: stored documents as a file that `apply` takes; applied again, nothing is changed.
import type { Command } from 'commander';
import type { Client } from '../../client/index.ts';
import type { DefinitionView } from '../../specs/views.schema.ts';
import { action, examples } from '../context.ts';
import { kindOption, type KindOptions } from '../create-options.ts';

export const exportDocuments = (program: Command): Command =>
  kindOption(
    program
      .command('export')
      .description('Print stored documents, ready to apply again')
      .argument('[name...]', 'names of stored Jobs or Dags (name or name@version)')
      .option('--all', 'every Job and Dag of the app'),
  )
    .addHelpText(
      'after',
      examples(
        ['One of them', 'export flights-daily > flights.yaml'],
        ['All of the app, to another server', 'export --all | longshore --profile other apply -f -'],
      ),
    )
    .action(
      action(async ({ client, out }, [names]: [names: string[]], { all, kind }: KindOptions & { all?: boolean }) => {
        const { CliError } = await import('../failure.ts');
        if ((names.length === 0) !== (all === true)) throw new CliError('What shall be exported?', { advice: 'Give names, or --all.' });
        const { storedAs } = await import('../kinds.ts');
        const found: DefinitionView[] = all === true ? await everything(client, kind) : [];
        for (const name of names) found.push(await storedAs(client, name, kind));
        const documents = found.map((definition) => ({ kind: definition.kind, ...definition.spec }));
        if (out.format === 'json') return out.document(documents);
        const { stringify } = await import('yaml');
        process.stdout.write(documents.map((document) => `---\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`).join(''));
      }),
    );

async function everything(client: Client, kind: KindOptions['kind']): Promise<DefinitionView[]> {
  const found: DefinitionView[] = [];
  for (const collection of (['jobs', 'dags'] as const).filter((word) => kind === undefined || word.startsWith(kind))) {
    let cursor: string | undefined;
    do {
      const page = await client.call('listDefinitions', { params: { kind: collection }, query: { limit: 1000, cursor } });
      found.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
  }
  return found;
}
