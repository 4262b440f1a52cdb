// Files of documents for `apply`, `create` and `run`: YAML or JSON, several in a file, every mistake with its line and column.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LineCounter, isCollection, isMap, isNode, isPair, isScalar, parseAllDocuments, type Document as YamlDocument } from 'yaml';
import { documentSchema, type Document } from '../specs/documents.schema.ts';
import { CliError } from './failure.ts';
import { complaints, type Complaint } from './explain.ts';

type Path = readonly (string | number)[];

/** One document as people wrote it, checked by the schema of its kind. */
export interface Loaded {
  readonly kind: Document['kind'];
  readonly name: string;
  /** The document without `kind`, as written: defaults are the server's to fill in. */
  readonly spec: Record<string, unknown>;
  /** Folder that ./files are relative to. */
  readonly dir: string;
  /** "file:line:col" of a path in the document. */
  readonly place: (path: Path) => string;
}

/** Reads every document of a file, or of stdin for "-". Throws one CliError that names all mistakes. */
export async function loadDocuments(file: string): Promise<Loaded[]> {
  const text = await read(file);
  const lines = new LineCounter();
  const name = file === '-' ? 'stdin' : file;
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents = (Array.isArray(parsed) ? parsed : []).filter((document) => document.errors.length > 0 || !isEmpty(document));
  if (documents.length === 0) throw new CliError(`${name}: there is no document in it.`, { advice: 'Write kind: Job, name: …, type: shell …' });
  const mistakes: string[] = [];
  const loaded: Loaded[] = [];
  for (const document of documents) {
    const position = (offset: number): string => {
      const { line, col } = lines.linePos(offset);
      return `${name}:${line}:${col}`;
    };
    const errors = document.errors.map((error) => `${position(error.pos[0])} ${error.message}`);
    mistakes.push(...(errors.length > 0 ? errors : check(document, position, file === '-' ? process.cwd() : dirname(file), loaded)));
  }
  if (mistakes.length > 0) throw new CliError(mistakes.join('\n'));
  return loaded;
}

/** What a trailing `---` or a file of comments leaves. */
const isEmpty = ({ contents }: YamlDocument): boolean => contents === null || (isScalar(contents) && contents.value === null);

function check(document: YamlDocument, position: (offset: number) => string, dir: string, loaded: Loaded[]): string[] {
  const place = (path: Path): string => position(offsetOf(document, path));
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return [`${place([])} ${(error as Error).message}`];
  }
  const result = documentSchema.safeParse(value);
  if (!result.success) return complaints(result.error.issues, value).map((complaint) => line(place, complaint));
  const { kind, ...spec } = value as { kind: Document['kind'] } & Record<string, unknown>;
  loaded.push({ kind, name: result.data.name, spec, dir, place });
  return [];
}

const line = (place: (path: Path) => string, { path, message }: Complaint): string =>
  `${place(path)} ${path.length === 0 ? '' : `${dotted(path)}: `}${message}`;

/** config.args[1] */
export const dotted = (path: Path): string => path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');

/** Where a path begins in the text: its key if it has one, else its value, else what holds it. */
function offsetOf(document: YamlDocument, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key));
      if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    } else if (isCollection(parent)) {
      const item: unknown = parent.get(key, true);
      if (isNode(item) && item.range) return item.range[0];
    }
  }
  return document.contents?.range?.[0] ?? document.range?.[0] ?? 0;
}

async function read(file: string): Promise<string> {
  if (file === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** The path of a JSON pointer such as /config/args/0. */
export const pathOfPointer = (pointer: string): Path =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
