// A job or a run to create: from a file with one Job or Dag document, or from the name of a stored one.
import { existsSync } from 'node:fs';
import type { RunView } from '../specs/run-views.schema.ts';
import type { JobView } from '../specs/views.schema.ts';
import type { Context } from './context.ts';
import { loadDocuments, type Loaded } from './documents.ts';
import { CliError } from './failure.ts';
import { createPinner, pinDocument } from './files.ts';
import type { KindOptions, ParamOptions } from './create-options.ts';
import { storedAs } from './kinds.ts';
import { readParams } from './params.ts';
import { readPatch, type PatchOptions } from './patch.ts';

/** What to create: a file, or `name` or `name@version` of a definition. */
export type Source = { readonly file: string } | { readonly ref: string };

/** What `run` was given: a file if it looks like one or is one, else a name. */
export function sourceOf(text: string): Source {
  const isFile = text === '-' || text.includes('/') || /\.(?:ya?ml|json)$/.test(text) || existsSync(text);
  return isFile ? { file: text } : { ref: text };
}

export interface CreateOptions extends PatchOptions, ParamOptions, KindOptions {
  readonly requestId?: string;
  /** Of a run: the cycle that it stands for. */
  readonly cycle?: string;
}

/** What was created. */
export type Created = { readonly job: JobView } | { readonly run: RunView };

/** Creates it. Sent again after a lost answer it is the same job or run. */
export async function createFrom(context: Context, source: Source, options: CreateOptions): Promise<Created> {
  const { client } = context;
  if ('ref' in source) {
    const stored = await storedAs(client, source.ref, options.kind);
    if (stored.kind === 'Dag') return { run: await client.call('createRun', { body: { ...runFields(options), ref: source.ref } }) };
    const patch = await readPatch(context, jobOnly(options), () => Promise.resolve(String(stored.spec['type'])));
    return { job: await client.call('createJob', { body: { ...idOf(options), ref: source.ref, ...(patch && { with: patch }) } }) };
  }
  const document = await oneDocument(source.file);
  const spec = (await pinDocument(createPinner(context), document)) as Record<string, never>;
  if (document.kind === 'Dag') return { run: await client.call('createRun', { body: { ...runFields(options), spec } }) };
  const patch = await readPatch(context, jobOnly(options), () => Promise.resolve(String(document.spec['type'])));
  return { job: await client.call('createJob', { body: { ...idOf(options), spec, ...(patch && { with: patch }) } }) };
}

/** The only document of a file, which must be a Job or a Dag. */
async function oneDocument(file: string): Promise<Loaded> {
  const [document, ...more] = await loadDocuments(file);
  if (document !== undefined && more.length === 0 && (document.kind === 'Job' || document.kind === 'Dag')) return document;
  throw new CliError(`${file} must hold one Job or one Dag and nothing else.`, {
    advice: `Store it by \`longshore apply -f ${file}\`, then name what to run.`,
  });
}

const idOf = ({ requestId }: CreateOptions): { requestId?: string } => (requestId === undefined ? {} : { requestId });

function runFields(options: CreateOptions) {
  const { set, with: file, cycle } = options;
  if (set !== undefined || file !== undefined)
    throw new CliError('--set and --with change a Job.', { advice: 'A Dag is given parameters: --param name=value' });
  const params = readParams(options);
  return { ...idOf(options), ...(params && { params }), ...(cycle !== undefined && { cycle }) };
}

function jobOnly(options: CreateOptions): PatchOptions {
  if (options.param !== undefined || options.cycle !== undefined) {
    throw new CliError('--param and --cycle are for a Dag.', { advice: 'A Job is changed by --set key=value or --with FILE.' });
  }
  return options;
}
