// One DAG being checked or run: its drafts and declarations are made once each, because many expressions ask for the same.
import type { Declarations, NodeDeclaration } from '../expressions/types.ts';
import { needsOf } from '../specs/dag-graph.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import { declarationsOf, declared, type Opened, type Where } from './declare.ts';
import { draftOf, type Draft } from './draft.ts';
import { jobsOf, type Part, type Surroundings, type Written } from './written.ts';

export interface OpenDag extends Opened {
  readonly around: Surroundings;
  /** The draft of one job of a node; undefined where the node has none such, or its stored job is not known. */
  part(name: string, part: Part): Draft | undefined;
  declarations(name: string, where: Where): Declarations;
}

/** Of a spec in which validateDag finds nothing. */
export function openDag(dag: DagSpec, around: Surroundings): OpenDag {
  const drafts = new Map<string, Draft | undefined>();
  // Those of the node that was asked for last: they are large, and one node's jobs come together.
  let last: { readonly name: string; readonly of: Map<Where, Declarations> } | undefined;
  const draft = (name: string, written: Written): Draft | undefined => {
    const key = `${name}/${written.part}`;
    if (!drafts.has(key)) drafts.set(key, draftOf(dag, name, written, around));
    return drafts.get(key);
  };
  const needs = new Map(Object.entries(dag.nodes).map(([name, node]) => [name, needsOf(node).map((need) => need.name)]));
  const nodes = new Map<string, NodeDeclaration>();
  const known = (name: string): NodeDeclaration => {
    const declaration = nodes.get(name) ?? declared(dag, draft, name);
    nodes.set(name, declaration);
    return declaration;
  };
  return {
    dag,
    around,
    draft,
    needs,
    known,
    part(name, part) {
      const written = jobsOf(name, dag.nodes[name]!).find((one) => one.part === part);
      return written && draft(name, written);
    },
    declarations(name, where) {
      if (last?.name !== name) last = { name, of: new Map() };
      const declarations = last.of.get(where) ?? declarationsOf({ dag, draft, needs, known }, name, where);
      last.of.set(where, declarations);
      return declarations;
    },
  };
}
