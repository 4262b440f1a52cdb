// Partial specs from --with FILE and --set key=value.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { jobPatchSchema, type JobPatch } from '../specs/job.schema.ts';
import type { Context } from './context.ts';
import { createPinner } from './files.ts';
import { explain, shorten } from '../specs/explain.ts';
import { CliError } from './failure.ts';

/** Fields whose values are text even when they look like something else. */
const TEXT_FIELDS = new Set(['env', 'secrets', 'labels', 'description']);

/** What --with and --set were given. */
export interface PatchOptions {
  readonly with?: string;
  readonly set?: readonly string[];
}

/**
 * The patch of both, its files pinned for a job of this type. Undefined when neither is given.
 * Throws CliError with the field that is wrong.
 */
export async function readPatch(context: Context, options: PatchOptions, type: () => Promise<string>): Promise<JobPatch | undefined> {
  const patch = await read(options.with, options.set);
  if (patch?.config === undefined) return patch;
  const dir = options.with === undefined ? process.cwd() : dirname(options.with);
  const place = (): string => options.with ?? '--set';
  const config = await createPinner(context)({ type: await type(), config: patch.config, dir, place });
  return { ...patch, config: config as NonNullable<JobPatch['config']> };
}

async function read(file: string | undefined, sets: readonly string[] = []): Promise<JobPatch | undefined> {
  if (file === undefined && sets.length === 0) return undefined;
  const patch = file === undefined ? {} : await readObject(file);
  for (const set of sets) assign(patch, set);
  const checked = jobPatchSchema.safeParse(patch);
  if (checked.success) return checked.data;
  const wrong = explain(checked.error.issues, jobPatchSchema, patch).map(
    ({ path, message, value }) => `  ${path.join('.')}: ${message} (is ${shorten(value)})`,
  );
  throw new CliError(`The change is not valid:\n${wrong.join('\n')}`, { advice: 'Everything of a Job but name and type can be changed.' });
}

async function readObject(file: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file}: ${(error as Error).message}`, { cause: error });
  }
  if (z.record(z.string(), z.unknown()).safeParse(value).success) return value as Record<string, unknown>;
  throw new CliError(`${file}: must be a map of fields, such as priority: 1`);
}

/** "config.args=[a, b]": a dotted path and a value in YAML. */
function assign(patch: Record<string, unknown>, set: string): void {
  const equals = set.indexOf('=');
  if (equals < 1) throw new CliError(`--set takes key=value, not "${set}".`, { advice: 'For example: --set priority=1 --set env.REGION=west' });
  const path = set.slice(0, equals).split('.');
  const text = set.slice(equals + 1);
  let at = patch;
  for (const key of path.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    at = isObject(next) ? next : define(at, key, {});
  }
  define(at, path.at(-1) ?? '', TEXT_FIELDS.has(path[0] ?? '') ? text : valueOf(text, set));
}

function valueOf(text: string, set: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new CliError(`--set ${set}: ${(error as Error).message}`, { cause: error });
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Also for a key such as "__proto__", which must become a field that the schema refuses. */
function define<T>(target: Record<string, unknown>, key: string, value: T): T {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  return value;
}
