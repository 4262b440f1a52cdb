// `diff`: what changed between two versions of a stored document, or between a file and what is stored.
import { Option, type Command } from 'commander';
import type { Difference } from '../../specs/differences.ts';
import { action, examples, type Context } from '../context.ts';
import { kindOption, type KindOptions } from '../create-options.ts';
import { positive } from '../numbers.ts';
import { oneLine, paint } from '../text.ts';

interface DiffOptions extends KindOptions {
  readonly from?: number;
  readonly to?: number;
  readonly file?: string;
}

export const diff = (program: Command): Command =>
  kindOption(
    program
      .command('diff')
      .description('Show what changed in a stored document; exits 0 when nothing did, 1 when something did')
      .argument('[name]', 'name of a stored Job or Dag; not with --file')
      .option('--from <n>', 'version before; default the one before --to', positive)
      .option('--to <n>', 'version after; default the newest', positive)
      .addOption(new Option('-f, --file <file>', 'compare what is stored with this file').conflicts(['from', 'to'])),
  )
    .addHelpText(
      'after',
      examples(
        ['What the last change was', 'diff flights-daily'],
        ['Between two versions', 'diff flights-daily --from 2 --to 5'],
        ['What apply would change', 'diff -f dag.yaml'],
      ),
    )
    .action(
      action(async (context, [name]: [name: string | undefined], options: DiffOptions) => {
        if (options.file !== undefined) return diffFile(context, options.file);
        const { CliError } = await import('../failure.ts');
        if (name === undefined) throw new CliError('What shall be compared?', { advice: 'Give the NAME of a stored document, or --file FILE.' });
        const { storedKind } = await import('../kinds.ts');
        const kind = await storedKind(context.client, name, options.kind);
        const { from, to } = options;
        const answer = await context.client.call('diffDefinition', { params: { kind, name }, query: { from, to } });
        context.out.show(answer, () => text(context, `${name}@${answer.from}`, `${name}@${answer.to}`, answer.changes));
        return answer.changes.length === 0 ? 0 : 1;
      }),
    );

/** Every document of a file as the server would store it, against the newest version. */
async function diffFile(context: Context, file: string): Promise<number> {
  const { client, out } = context;
  const { loadDocuments } = await import('../documents.ts');
  const { createPinner, pinDocument } = await import('../files.ts');
  const { ROUTE_KIND, definitionOf, validated } = await import('../kinds.ts');
  const { differences } = await import('../../specs/differences.ts');
  const answers: { kind: string; name: string; version: number; changes: readonly Difference[] }[] = [];
  const pin = createPinner(context);
  for (const document of await loadDocuments(file)) {
    const stored = await definitionOf(client, ROUTE_KIND[document.kind], document.name);
    const after = await validated(client, document, await pinDocument(pin, document));
    answers.push({ kind: document.kind, name: document.name, version: stored?.version ?? 0, changes: differences(stored?.spec ?? {}, after) });
  }
  out.show({ items: answers }, () => answers.map(({ name, version, changes }) => text(context, `${name}@${version}`, file, changes)).join(''));
  return answers.every(({ changes }) => changes.length === 0) ? 0 : 1;
}

const SIGN = { added: '+', removed: '-', changed: '~' } as const;
const STYLE = { added: 'green', removed: 'red', changed: 'yellow' } as const;

function text({ out }: Context, from: string, to: string, changes: readonly Difference[]): string {
  if (changes.length === 0) return `${from} and ${to} are the same.\n`;
  const lines = changes.map(({ path, change, before, after }) => {
    const values =
      change === 'added'
        ? JSON.stringify(after)
        : change === 'removed'
          ? JSON.stringify(before)
          : `${JSON.stringify(before)} → ${JSON.stringify(after)}`;
    return `${paint(out.color, STYLE[change], SIGN[change])} ${oneLine(path)}: ${oneLine(values)}\n`;
  });
  return `${from} → ${to}\n${lines.join('')}`;
}
