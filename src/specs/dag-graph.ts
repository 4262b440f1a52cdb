// What a written node says, in one form: its kind, and its needs with the bits that meet them.
import type { NodeSpec } from './dag-node.schema.ts';
import { NODE_KINDS, ON, SUCCESS, type NodeKind } from './dag.ts';

/** One need: the node's name, and the bits that meet it; 0 where it is not required. */
export interface WrittenNeed {
  readonly name: string;
  readonly on: number;
}

/** The needs of a node, in the order in which they are written. */
export function needsOf(node: NodeSpec): WrittenNeed[] {
  const { needs = [] } = node;
  if (Array.isArray(needs)) return needs.map((name) => ({ name, on: SUCCESS }));
  return Object.entries(needs).map(([name, { on = 'success', required = true }]) => ({ name, on: required ? bitsOf(on) : 0 }));
}

const bitsOf = (on: keyof typeof ON | readonly (keyof typeof ON)[]): number =>
  typeof on === 'string' ? ON[on] : on.reduce((bits, word) => bits | ON[word], 0);

/** The fields of a node that say what it does; there is one, and with foreach, mapReduce and broadcast a job. */
export const doings = (node: NodeSpec): NodeKind[] => NODE_KINDS.filter((kind) => node[kind] !== undefined);

/** The kind of a node that validateDag has accepted. */
export const kindOf = (node: NodeSpec): NodeKind => doings(node).find((kind) => kind !== 'job') ?? 'job';
