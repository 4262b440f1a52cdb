// The names that an expression of a node may use: parameters, the cycle, the item, and the nodes that come before.
import type { Declarations, NodeDeclaration, ValueType } from '../expressions/types.ts';
import { kindOf } from '../specs/dag-graph.ts';
import type { NodeSpec } from '../specs/dag-node.schema.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import type { JobSpecInput } from '../specs/job.schema.ts';
import type { Draft } from './draft.ts';
import { jobsOf, type Part, type Written } from './written.ts';

/** A DAG, and its jobs before their expressions are computed; undefined where a stored job is not known. */
export interface Opened {
  readonly dag: DagSpec;
  readonly draft: DraftOf;
  /** Names of the nodes that each node needs. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** What is known of each node's outputs. */
  readonly known: (name: string) => NodeDeclaration;
}

type DraftOf = (name: string, written: Written) => Draft | undefined;

/** Where an expression of a node stands: in what decides about the node itself, or in one of its jobs. */
export type Where = 'node' | Part;

/**
 * The names for an expression of a node. A cycle is always declared: also a DAG without a schedule may be run for one, by hand, by a backfill or
 * as part of another; what reads it in a run without one fails and says so.
 */
export function declarationsOf({ dag, draft, known, needs }: Opened, name: string, where: Where): Declarations {
  const node = dag.nodes[name]!;
  const upstream = upstreamOf(needs, name);
  const nodes: Record<string, NodeDeclaration> = {};
  for (const other of upstream) nodes[other] = known(other);
  // The job that follows the items reads their outputs under the name of its own node.
  if (where === 'final') nodes[name] = declared(dag, draft, name, true);
  const item = where === 'item' ? itemType(node) : undefined;
  return {
    params: paramTypes(dag.parameters),
    cycle: true,
    nodes,
    // Only a wrong name asks for all of them.
    get notUpstream() {
      return Object.keys(dag.nodes).filter((other) => !Object.hasOwn(nodes, other));
    },
    ...(item !== undefined && { item }),
  };
}

export const paramTypes = (parameters: DagSpec['parameters']): Record<string, ValueType> =>
  Object.fromEntries(Object.entries(parameters).map(([name, { type }]) => [name, type]));

/** Every node that a node needs, and those that they need. */
function upstreamOf(needs: Opened['needs'], name: string): ReadonlySet<string> {
  const found = new Set(needs.get(name));
  // A set is walked also over what is added meanwhile.
  for (const other of found) for (const need of needs.get(other)!) found.add(need);
  return found;
}

/** What is known of a node's outputs: those of the job that follows its items, where there is one; else a list of those of the items. */
export function declared(dag: DagSpec, draft: DraftOf, name: string, ofItems = false): NodeDeclaration {
  const jobs = jobsOf(name, dag.nodes[name]!);
  const giving = ofItems ? jobs[0] : jobs.at(-1);
  // Waits and runs of other DAGs give nothing.
  if (giving === undefined) return { outputs: {} };
  const found = draft(name, giving);
  return { ...(found && { outputs: outputTypes(found.job.outputs ?? {}) }), ...(giving.part === 'item' && { each: true }) };
}

const outputTypes = (outputs: NonNullable<JobSpecInput['outputs']>): Record<string, ValueType> =>
  Object.fromEntries(Object.entries(outputs).map(([output, form]) => [output, 'file' in form ? 'file' : form.type]));

/** The type of an item where all that are written have the same; a broadcast's are worker ids. */
function itemType(node: NodeSpec): ValueType {
  const item = (node.foreach ?? node.mapReduce)?.item;
  if (item === undefined) return kindOf(node) === 'broadcast' ? 'string' : 'json';
  if (typeof item === 'string') return 'json';
  const [type, ...others] = new Set(item.map(typeOf));
  return type === undefined || others.length > 0 ? 'json' : type;
}

function typeOf(item: unknown): ValueType {
  if (typeof item === 'string') return item.includes('${{') ? 'json' : 'string';
  if (typeof item === 'boolean') return 'bool';
  return Number.isSafeInteger(item) ? 'int' : 'json';
}
