// `apply`: stores App, Cluster, Job and Dag documents as new versions.
import type { Command } from 'commander';
import type { Client } from '../../client/index.ts';
import type { Loaded } from '../documents.ts';
import { action, examples } from '../context.ts';

/** What others refer to comes first. */
const ORDER = ['Cluster', 'App', 'Job', 'Dag'];

export const apply = (program: Command): Command =>
  program
    .command('apply')
    .description('Store App, Cluster, Job and Dag documents; what is unchanged makes no new version')
    .requiredOption('-f, --file <file...>', 'YAML or JSON, several documents in a file; - is stdin')
    .option('--dry-run', 'only check the documents, here and without a server; configurations of job types are checked by the server')
    .addHelpText(
      'after',
      examples(
        ['Store what a file describes', 'apply -f jobs.yaml'],
        ['Check several files and change nothing', 'apply -f app.yaml cluster.yaml --dry-run'],
        ['From another program', 'apply -f - < jobs.yaml'],
      ),
    )
    .action(
      action(async (context, _: [], options: { file: string[]; dryRun?: boolean }) => {
        const { loadDocuments } = await import('../documents.ts');
        const { createPinner, pinDocument } = await import('../files.ts');
        const documents = (await Promise.all(options.file.map(loadDocuments))).flat();
        documents.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
        const columns = [
          { title: 'KIND', value: (row: Row) => row.kind },
          { title: 'NAME', value: (row: Row) => row.name },
          { title: 'VERSION', value: (row: Row) => row.version },
          { title: 'RESULT', value: (row: Row) => row.result },
        ];
        const { previewText } = await import('../schedules.ts');
        for (const document of documents) {
          const preview = previewText(document, context.settings.app);
          if (preview !== undefined) context.note(preview);
        }
        const rows: Row[] = [];
        const print = (): void => context.out.list({ items: rows }, rows, columns);
        if (options.dryRun === true) {
          rows.push(...documents.map(({ kind, name }) => ({ kind, name, result: 'valid' })));
          return print();
        }
        const pin = createPinner(context);
        try {
          for (const document of documents) {
            const { version, unchanged } = await put(context.client, document, await pinDocument(pin, document));
            rows.push({ kind: document.kind, name: document.name, version, result: unchanged === true ? 'unchanged' : 'stored' });
          }
        } finally {
          if (rows.length > 0) print();
        }
      }),
    );

interface Row {
  readonly kind: string;
  readonly name: string;
  readonly version?: number;
  readonly result: string;
}

/** Stores one; the server's complaints get the document's lines. */
async function put(client: Client, document: Loaded, spec: Record<string, unknown>): Promise<{ version: number; unchanged?: boolean | undefined }> {
  const route = ({ Cluster: 'putCluster', App: 'putApp', Job: 'putJobDefinition', Dag: 'putDag' } as const)[document.kind];
  const { fileErrors } = await import('../placed.ts');
  return await client.call(route, { params: { name: document.name }, body: spec as Record<string, never> }).catch(fileErrors(document));
}
