// `validate`: documents are checked by the server as if they were stored, and nothing is.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';

export const validate = (program: Command): Command =>
  program
    .command('validate')
    .description('Check Job and Dag documents as the server would when they are stored: schema, graph, expressions, grants; store nothing')
    .argument('<file...>', 'YAML or JSON, several documents in a file; - is stdin')
    .addHelpText('after', examples(['Before a commit', 'validate dag.yaml']))
    .action(
      action(async (context, [files]: [files: string[]]) => {
        const { loadDocuments } = await import('../documents.ts');
        const { createPinner, pinDocument } = await import('../files.ts');
        const { validated } = await import('../kinds.ts');
        const { fileErrors } = await import('../placed.ts');
        const documents = (await Promise.all(files.map(loadDocuments))).flat();
        const pin = createPinner(context);
        for (const document of documents) {
          const spec = await pinDocument(pin, document);
          await validated(context.client, document, spec).catch(fileErrors(document));
        }
        const rows = documents.map(({ kind, name }) => ({ kind, name, result: 'valid' }));
        context.out.list({ items: rows }, rows, [
          { title: 'KIND', value: (row) => row.kind },
          { title: 'NAME', value: (row) => row.name },
          { title: 'RESULT', value: (row) => row.result },
        ]);
      }),
    );
