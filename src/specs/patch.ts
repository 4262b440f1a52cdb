// How `modify` and `rerun … with` change a spec. Free of zod, because workflows apply patches that came by raw signals.
import type { JobPatch, JobSpec } from './job.schema.ts';
import { isOwnEnv } from './env-names.ts';
import { NAME } from './patterns.ts';
import { RETRY } from './retry.ts';
import { BLAMES } from './status.ts';
import { isDuration, isSize } from './units.ts';

type Fields = { readonly [name: string]: unknown };

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isName = (value: unknown): boolean => typeof value === 'string' && NAME.test(value);
const isTime = (value: unknown): boolean => typeof value === 'string' && isDuration(value);
const isWhole = (value: unknown, min: number, max: number): boolean => Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
/** Text that neither argv nor the environment cuts short. */
const isWord = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0');
const every = (value: unknown, test: (item: unknown) => boolean): boolean => isObject(value) && Object.values(value).every(test);
const isEnv = (value: unknown, test: (item: unknown) => boolean): boolean => every(value, test) && Object.keys(value as object).every(isOwnEnv);

const isResources = (value: unknown): boolean =>
  isObject(value) &&
  (value['cpu'] === undefined || (typeof value['cpu'] === 'number' && value['cpu'] > 0 && value['cpu'] <= 1024)) &&
  (value['memory'] === undefined || (typeof value['memory'] === 'string' && isSize(value['memory'])));

const MERGED = ['config', 'env', 'secrets', 'labels'] as const;

const isRetry = (value: unknown): boolean =>
  isObject(value) &&
  isWhole(value['attempts'], 1, 100) &&
  typeof value['anotherWorker'] === 'boolean' &&
  Array.isArray(value['on']) &&
  value['on'].every((blame) => blame === 'any' || (BLAMES as readonly unknown[]).includes(blame)) &&
  isObject(value['backoff']) &&
  isTime(value['backoff']['initial']) &&
  isTime(value['backoff']['max']) &&
  typeof value['backoff']['factor'] === 'number' &&
  value['backoff']['factor'] >= 1;

/** What a field must look like so that a workflow can use it; the API's schemas are stricter. */
const FIELDS: { readonly [Field in keyof Required<JobPatch>]: (value: unknown) => boolean } = {
  description: isText,
  cluster: isName,
  queue: isName,
  group: isName,
  priority: (value) => isWhole(value, 1, 10),
  user: isText,
  workers: isName,
  worker: isName,
  config: isObject,
  env: (value) => isEnv(value, isWord),
  secrets: (value) => isEnv(value, isName),
  resources: isResources,
  outputs: (value) => every(value, isObject),
  retry: isRetry,
  timeouts: (value) => every(value, isTime),
  check: (value) => isObject(value) && isTime(value['every']),
  onLost: (value) => value === 'ask' || value === 'fail' || value === 'rerun',
  lostAfter: isTime,
  rerunWindow: isTime,
  webhook: (value) => isObject(value) && isText(value['url']) && Array.isArray(value['events']),
  labels: (value) => every(value, isText),
};

/** Fields that `modify` changes in an attempt that still waits; the others count from the next attempt. */
const CHANGES_WHILE_WAITING = ['priority', 'queue', 'timeouts', 'retry'] as const satisfies readonly (keyof JobPatch)[];

/** Reads a patch from an unchecked message: keeps the fields that are usable, names those that are not. A `retry` gets its defaults. */
export function readPatch(raw: unknown): { patch: JobPatch; refused: string[] } {
  const patch: Record<string, unknown> = {};
  const refused: string[] = [];
  for (const [field, given] of Object.entries(isObject(raw) ? raw : {})) {
    const backoff = isObject(given) && isObject(given['backoff']) ? { ...RETRY.backoff, ...given['backoff'] } : RETRY.backoff;
    const value = field === 'retry' && isObject(given) ? { ...RETRY, ...given, backoff } : given;
    if (Object.hasOwn(FIELDS, field) && FIELDS[field as keyof JobPatch](value)) patch[field] = value;
    else refused.push(field);
  }
  return { patch, refused };
}

/** The spec after a patch: config, env, secrets and labels are merged by key, every other field is replaced whole. */
export function applyPatch<Spec extends JobSpec>(spec: Spec, patch: JobPatch | undefined): Spec {
  return overlay(spec, patch ?? {});
}

/** One patch that does what `first` and then `then` do. */
export function mergePatches(first: JobPatch | undefined, then: JobPatch): JobPatch {
  return overlay(first ?? {}, then);
}

/** What `modify` and `rerun … with` have changed since a job was created. */
export interface Changes {
  /** All changes so far: they hold for the next attempt. */
  readonly patch?: JobPatch;
  /** The changes that hold for the newest attempt. */
  readonly attemptPatch?: JobPatch;
}

/** After one more change: an attempt that `waits` takes up what may still be changed; all of it counts for the next one. */
export function withChange<Before extends Changes>(before: Before, patch: JobPatch, waits: boolean): Before {
  return {
    ...before,
    patch: mergePatches(before.patch, patch),
    ...(waits && { attemptPatch: mergePatches(before.attemptPatch, whileWaiting(patch)) }),
  };
}

/** The part of a patch that counts for an attempt that still waits. */
function whileWaiting(patch: JobPatch): JobPatch {
  return Object.fromEntries(CHANGES_WHILE_WAITING.filter((field) => patch[field] !== undefined).map((field) => [field, patch[field]]));
}

function overlay<Base extends object>(base: Base, patch: JobPatch): Base {
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(base));
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const before = result[field];
    result[field] = (MERGED as readonly string[]).includes(field) && isObject(before) && isObject(value) ? { ...before, ...value } : value;
  }
  return result as Base;
}
