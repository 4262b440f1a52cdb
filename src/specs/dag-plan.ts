// Compiles a DAG into the plan that its run carries. Done once, outside of the workflow.
import { kindOf, needsOf } from './dag-graph.ts';
import type { NodeSpec } from './dag-node.schema.ts';
import type { DagSpec } from './dag.schema.ts';
import { SUCCESS, type DagPlan, type PlanNode } from './dag.ts';

/** The plan of a spec that validateDag has accepted. Nodes keep their order in the spec. */
export function compileDag(spec: Pick<DagSpec, 'nodes' | 'failure' | 'maxParallel'>): DagPlan {
  const entries = Object.entries(spec.nodes);
  const indices = new Map(entries.map(([name], index) => [name, index]));
  const feeds: number[][] = entries.map(() => []);
  const nodes = entries.map(([name, node], index): PlanNode => {
    const needs = needsOf(node).map((need) => ({ index: indices.get(need.name)!, on: need.on }));
    for (const need of needs) feeds[need.index]!.push(index);
    return {
      name,
      kind: kindOf(node),
      ...(needs.length > 0 && { needs: needs.map((need) => need.index) }),
      ...(needs.some((need) => need.on !== SUCCESS) && { on: needs.map((need) => need.on) }),
      ...flagsOf(node),
    };
  });
  return {
    failure: spec.failure,
    ...(spec.maxParallel !== undefined && { maxParallel: spec.maxParallel }),
    nodes: nodes.map((node, index) => (feeds[index]!.length > 0 ? { ...node, feeds: feeds[index]! } : node)),
  };
}

const flagsOf = (node: NodeSpec): Partial<PlanNode> => ({
  ...(node.join === 'any' && { any: true }),
  ...(node.when !== undefined && { when: node.when }),
  ...(node.onFailure === 'ignore' && { ignore: true }),
  ...(node.disabled === true && { disabled: true }),
  ...(node.wait && waitOf(node.wait)),
  ...((node.mapReduce?.reduce ?? node.broadcast?.final) !== undefined && { final: true }),
  ...limitOf(node.foreach ?? node.mapReduce ?? node.broadcast),
  ...(node.isolate === true && { isolate: true }),
});

function waitOf(wait: NonNullable<NodeSpec['wait']>): Partial<PlanNode> {
  if ('time' in wait) return { waits: 'time' };
  const timeout = wait.timeout === undefined ? {} : { timeout: wait.timeout };
  if ('approval' in wait) return { approval: true, ...timeout };
  return { waits: 'signal' in wait ? { signal: wait.signal } : 'dag', ...timeout };
}

const limitOf = (items: { readonly limit?: number | undefined } | undefined): Partial<PlanNode> =>
  items?.limit === undefined ? {} : { limit: items.limit };
