// A run as a tree in text: each node under the need that is furthest from the start, its other needs named beside it.
import type { GraphView, NodeSummary } from '../specs/run-views.schema.ts';
import { nodeLine } from './run.ts';
import { oneLine, paint } from './text.ts';

/** Where a node stands in the tree, for as long as the graph is the same. */
export interface TreeRow {
  readonly name: string;
  /** Branches in front of it. */
  readonly lead: string;
  /** Needs beside the one above it. */
  readonly also: readonly string[];
}

export function treeOf({ nodes, edges }: Pick<GraphView, 'nodes' | 'edges'>): TreeRow[] {
  const level = new Map(nodes.map((node) => [node.name, node.level]));
  const needs = new Map<string, string[]>();
  for (const { from, to } of edges) needs.set(to, [...(needs.get(to) ?? []), from]);
  const under = new Map<string | undefined, string[]>();
  const parent = new Map<string, string | undefined>();
  for (const { name } of nodes) {
    const above = (needs.get(name) ?? []).toSorted((a, b) => (level.get(b) ?? 0) - (level.get(a) ?? 0))[0];
    parent.set(name, above);
    under.set(above, [...(under.get(above) ?? []), name]);
  }
  const rows: TreeRow[] = [];
  // Without recursion: a chain may have 10,000 nodes.
  const open = rowsUnder(under, undefined, '').toReversed();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { name, lead, indent } = next;
    rows.push({ name, lead, also: (needs.get(name) ?? []).filter((need) => need !== parent.get(name)) });
    open.push(...rowsUnder(under, name, indent).toReversed());
  }
  return rows;
}

/** Deeper than this a chain goes straight down, so that its end stays on the screen. */
const DEEPEST = 24;

function rowsUnder(under: ReadonlyMap<string | undefined, readonly string[]>, parent: string | undefined, indent: string) {
  const names = under.get(parent) ?? [];
  return names.map((name, i) => {
    const last = i === names.length - 1;
    const deeper = `${indent}${last ? '   ' : '│  '}`;
    if (parent === undefined) return { name, lead: '', indent: ' ' };
    return { name, lead: `${indent}${last ? '└─ ' : '├─ '}`, indent: deeper.length > DEEPEST ? indent : deeper };
  });
}

/** The lines of the tree with the states of its nodes. */
export function treeLines(color: boolean, rows: readonly TreeRow[], states: ReadonlyMap<string, NodeSummary>): string[] {
  const width = Math.max(0, ...rows.map(({ name, lead }) => lead.length + name.length));
  return rows.map(({ name, lead, also }) => {
    const node = states.get(name);
    const pad = ' '.repeat(width - lead.length - name.length + 2);
    const others = also.length === 0 ? '' : paint(color, 'dim', `  + ${also.join(', ')}`);
    return `${paint(color, 'dim', lead)}${oneLine(name)}${pad}${node === undefined ? '' : nodeLine(color, node)}${others}`;
  });
}
