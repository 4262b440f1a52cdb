// What a node says that it runs, and where it stands in the document.
import type { NodeJob, NodeSpec } from '../specs/dag-node.schema.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { z } from 'zod';

export type Path = readonly (string | number)[];

/** Which job of a node: its only one, that of each item, or the one that follows the items (reduce, final). */
export type Part = 'job' | 'item' | 'final';

/** A job of a node as it is written, and its place. */
export interface Written {
  readonly part: Part;
  readonly job: NodeJob;
  readonly path: Path;
}

/** What a DAG is checked and filled with besides its own document. */
export interface Surroundings {
  /** Schema of a job type's configuration; undefined: there is no such type. */
  readonly configOf: (type: string) => z.ZodType | undefined;
  /** A stored job by its reference; undefined: it is not known here. */
  readonly jobOf: (ref: string) => JobSpec | undefined;
}

/** The jobs of a node, of kinds that have any. */
export function jobsOf(name: string, { job, foreach, mapReduce, broadcast }: NodeSpec): Written[] {
  if (job === undefined) return [];
  const at: Path = ['nodes', name];
  const own: Written = { part: (foreach ?? mapReduce ?? broadcast) ? 'item' : 'job', job, path: [...at, 'job'] };
  if (mapReduce !== undefined) return [own, { part: 'final', job: mapReduce.reduce, path: [...at, 'mapReduce', 'reduce'] }];
  if (broadcast?.final !== undefined) return [own, { part: 'final', job: broadcast.final, path: [...at, 'broadcast', 'final'] }];
  return [own];
}

type StoredJob = Extract<NodeJob, { readonly ref: string }>;
export const isStored = (job: NodeJob): job is StoredJob => 'ref' in job;

/** The stored jobs that the nodes of a DAG refer to, with their places. */
export const jobRefs = (nodes: Readonly<Record<string, NodeSpec>>): { readonly ref: string; readonly path: Path }[] =>
  Object.entries(nodes).flatMap(([name, node]) =>
    jobsOf(name, node).flatMap(({ job, path }) => (isStored(job) ? [{ ref: job.ref, path: [...path, 'ref'] }] : [])),
  );

/** What stands at a path of a value; undefined where nothing does. */
export const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined,
    root,
  );
