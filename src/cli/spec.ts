// A job to create, from a file with one Job document or from the name of a stored definition.
import { existsSync } from 'node:fs';
import type { JobView } from '../specs/views.schema.ts';
import type { Context } from './context.ts';
import { loadDocuments } from './documents.ts';
import { CliError } from './failure.ts';
import { createPinner, pinDocument } from './files.ts';
import { readPatch, type PatchOptions } from './patch.ts';

/** What to create: a file, or `name` or `name@version` of a definition. */
export type Source = { readonly file: string } | { readonly ref: string };

/** What `run` was given: a file if it looks like one or is one, else a name. */
export function sourceOf(text: string): Source {
  const isFile = text === '-' || text.includes('/') || /\.(?:ya?ml|json)$/.test(text) || existsSync(text);
  return isFile ? { file: text } : { ref: text };
}

/** Creates the job. Sent again after a lost answer it is the same job. */
export async function createFrom(context: Context, source: Source, options: PatchOptions & { requestId?: string }): Promise<JobView> {
  const { client } = context;
  const requestId = options.requestId === undefined ? {} : { requestId: options.requestId };
  if ('ref' in source) {
    const [name = '', version] = source.ref.split('@');
    const type = async (): Promise<string> => {
      const query = version === undefined ? {} : { version };
      return String((await client.call('getDefinition', { params: { kind: 'jobs', name }, query })).spec['type']);
    };
    const patch = await readPatch(context, options, type);
    return client.call('createJob', { body: { ...requestId, ref: source.ref, ...(patch && { with: patch }) } });
  }
  const [document, ...more] = await loadDocuments(source.file);
  if (document?.kind !== 'Job' || more.length > 0) {
    throw new CliError(`${source.file} must hold one Job and nothing else.`, {
      advice: `Store it by \`longshore apply -f ${source.file}\`, then name what to run.`,
    });
  }
  const patch = await readPatch(context, options, () => Promise.resolve(String(document.spec['type'])));
  const spec = (await pinDocument(createPinner(context), document)) as Record<string, never>;
  return client.call('createJob', { body: { ...requestId, spec, ...(patch && { with: patch }) } });
}
