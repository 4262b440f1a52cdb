// From text to what can be checked and evaluated: parsed, within the limits, every name resolved against what is declared.
import { Environment } from '@marcbachmann/cel-js';
import { addFunctions } from './functions.ts';
import type { Running } from './instrument.ts';
import { LIMITS } from './limits.ts';
import { ROOTS, shapesOf, type Shape } from './shapes.ts';
import { toJson } from './values.ts';
import { Walk } from './walk.ts';
import { Wrong, type Declarations, type Reads } from './types.ts';

const env = addFunctions(
  new Environment({ homogeneousAggregateLiterals: false, limits: { maxDepth: LIMITS.depth, maxAstNodes: LIMITS.parts * 8 } }),
  (value) => JSON.stringify(toJson(value)),
);
for (const name of Object.keys(ROOTS)) env.registerVariable(name, 'dyn');

export interface Compiled {
  readonly program: ReturnType<Environment['parse']>;
  readonly running: Running;
  readonly reads: Reads;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Members that are named of each root; a root that is used in any other way has none here. */
  readonly members: ReadonlyMap<string, ReadonlySet<string> | undefined>;
}

const OWNERS: ReadonlySet<string> = new Set(['nodes', 'outputs']);

/** Throws Wrong or an error of the library; `asError` in check.ts makes words of both. */
export function compile(text: string, declarations: Declarations): Compiled {
  if (text.length > LIMITS.text) throw new Wrong(`has ${text.length} characters; an expression has at most ${LIMITS.text}`);
  if (text.trim() === '') throw new Wrong('is empty');
  const program = env.parse(text);
  const walk = new Walk(shapesOf(declarations), text);
  walk.shape(program.ast);
  const nodes = [...OWNERS].flatMap((root) => [...(walk.members.get(root) ?? [])]);
  const anyNode = [...OWNERS].some((root) => walk.members.has(root) && walk.members.get(root) === undefined);
  const reads = { nodes: [...new Set(nodes)].sort(), anyNode, zones: walk.zones };
  return { program, running: walk.running, reads, shapes: walk.shapes, members: walk.members };
}
