// ./files of a spec: uploaded once, and pinned in the spec by their SHA-256. Which fields take files is in the job type's schema.
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Context } from './context.ts';
import { alternatives, step, type JsonSchema } from './json-schema.ts';
import { dotted, type Loaded } from './documents.ts';
import { CliError } from './failure.ts';

type Path = readonly (string | number)[];
/** Uploads a file and returns what stands for it in the spec. */
type Pin = (file: string, path: Path) => Promise<unknown>;

/** The configuration of a job and where it was written. */
interface Written {
  readonly type: string;
  readonly config: unknown;
  readonly dir: string;
  readonly place: (path: Path) => string;
  /** Where the job stands in its document. Default: it is the document. */
  readonly at?: Path;
}

export type Pinner = (written: Written) => Promise<unknown>;

/** Returns the configuration with its files uploaded and pinned. Types of the server are asked once. */
export function createPinner({ client, note }: Pick<Context, 'client' | 'note'>): Pinner {
  let types: Promise<ReadonlyMap<string, JsonSchema>> | undefined;
  return async ({ type, config, dir, place, at = [] }) => {
    if (!mentionsFile(config)) return config;
    types ??= client.call('adapters').then(({ jobs }) => new Map(jobs.map((job) => [job.type, job.config as JsonSchema])));
    const schema = (await types).get(type);
    // The server names the types that there are.
    if (schema === undefined) return config;
    return pinned(schema, alternatives(schema, schema), config, [...at, 'config'], async (file, path) => {
      const full = resolve(dir, file);
      const found = await stat(full).catch((error: Error) => error);
      const problem = found instanceof Error ? found.message : found.isFile() ? undefined : `${full} is not a regular file`;
      if (problem !== undefined) throw new CliError(`${place(path)} ${dotted(path)}: ${problem}`);
      const { sha256, size, known } = await client.upload(full);
      if (!known) note(`uploaded ${file} (${size} bytes)`);
      return { artifact: sha256, name: basename(full) };
    });
  };
}

/** A document's spec with its files pinned. */
export async function pinDocument(pin: Pinner, document: Loaded): Promise<Record<string, unknown>> {
  const { kind, spec, dir, place } = document;
  if (kind === 'Dag') return await pinDag(pin, document);
  if (kind !== 'Job' || spec['config'] === undefined) return spec;
  return { ...spec, config: await pin({ type: String(spec['type']), config: spec['config'], dir, place }) };
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The jobs that are written in the nodes of a DAG; those of stored jobs have their files already. */
async function pinDag(pin: Pinner, { spec, dir, place }: Loaded): Promise<Fields> {
  const job = async (written: unknown, at: Path): Promise<unknown> => {
    if (!isFields(written) || typeof written['type'] !== 'string' || written['config'] === undefined) return written;
    return { ...written, config: await pin({ type: written['type'], config: written['config'], dir, place, at }) };
  };
  /** `holder` with the job in one of its fields pinned. */
  const inside = async (holder: unknown, field: string, at: Path): Promise<unknown> =>
    isFields(holder) && holder[field] !== undefined ? { ...holder, [field]: await job(holder[field], [...at, field]) } : holder;
  const nodes: Fields = {};
  for (const [name, node] of Object.entries(isFields(spec['nodes']) ? spec['nodes'] : {})) {
    const at = ['nodes', name];
    const own = (await inside(node, 'job', at)) as Fields;
    const { mapReduce, broadcast } = own;
    nodes[name] = {
      ...own,
      ...(mapReduce !== undefined && { mapReduce: await inside(mapReduce, 'reduce', [...at, 'mapReduce']) }),
      ...(broadcast !== undefined && { broadcast: await inside(broadcast, 'final', [...at, 'broadcast']) }),
    };
  }
  return { ...spec, nodes };
}

async function pinned(root: JsonSchema, schemas: readonly JsonSchema[], value: unknown, path: Path, pin: Pin): Promise<unknown> {
  if (typeof value === 'string') return isFile(value) && schemas.some(takesFile) ? await pin(value, path) : value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [i, item] of value.entries()) items.push(await pinned(root, step(root, schemas, i), item, [...path, i], pin));
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) fields[key] = await pinned(root, step(root, schemas, key), inner, [...path, key], pin);
  return fields;
}

const isFile = (text: string): boolean => text.startsWith('./');
const mentionsFile = (value: unknown): boolean =>
  typeof value === 'string' ? isFile(value) : typeof value === 'object' && value !== null && Object.values(value).some(mentionsFile);
/** A field takes a file when it also takes a file's pinned form. */
const takesFile = (schema: JsonSchema): boolean => schema.properties?.['artifact'] !== undefined;
