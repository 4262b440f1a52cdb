// The job of a node as a job of its own: what the node leaves out is the DAG's, then the job's own default.
import type { NodeJob } from './dag-node.schema.ts';
import type { DagSpec } from './dag.schema.ts';
import type { JobSpecInput } from './job.schema.ts';
import { mergePatches } from './patch.ts';

/** A job written in a node, without defaults of its own filled in and with its expressions as they are written. A stored job (`ref`) has none. */
export function inlineJob(dag: Pick<DagSpec, 'defaults'>, node: string, job: Exclude<NodeJob, { readonly ref: string }>): JobSpecInput {
  const { type, name = node, ...fields } = job;
  return { ...mergePatches(dag.defaults, fields), type, name };
}
