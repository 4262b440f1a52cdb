// Which nodes an expression of a node reads, so that no more is fetched than that.
import { placesOf } from '../expressions/contexts.ts';
import { checkExpression } from '../expressions/evaluate.ts';
import { checkTemplates } from '../expressions/fill.ts';
import type { Reads } from '../expressions/types.ts';
import { dagSpecSchema } from '../specs/dag.schema.ts';
import type { Where } from './declare.ts';
import type { OpenDag } from './open.ts';

const NOTHING: Reads = { nodes: [], anyNode: false, zones: false };

/** What the condition of a node reads. */
export function conditionReads(open: OpenDag, name: string): Reads {
  const { when } = open.dag.nodes[name]!;
  const checked = when === undefined ? undefined : checkExpression(when, open.declarations(name, 'node'));
  return checked?.ok === true ? checked.reads : NOTHING;
}

/** What a job of a node reads, or what the node itself does: its items, time, parameters. */
export function reads(open: OpenDag, name: string, where: Where): Reads {
  if (where !== 'node') {
    const draft = open.part(name, where);
    return draft === undefined || draft.places.length === 0 ? NOTHING : checkTemplates(draft.job, draft.places, open.declarations(name, where)).reads;
  }
  const { foreach, mapReduce, wait, dag } = open.dag.nodes[name]!;
  const own = {
    nodes: {
      [name]: { ...(foreach && { foreach }), ...(mapReduce && { mapReduce: { item: mapReduce.item } }), ...(wait && { wait }), ...(dag && { dag }) },
    },
  };
  const { places } = placesOf(own, dagSpecSchema);
  return places.length === 0 ? NOTHING : checkTemplates(own, places, open.declarations(name, 'node')).reads;
}
