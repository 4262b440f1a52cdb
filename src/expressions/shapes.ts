// What is known of every name before a run: the tree of members that the check walks, and by which JSON becomes values of CEL.
import { Wrong, type Declarations, type NodeDeclaration, type ValueType } from './types.ts';

/** Of a value: its type, its members by name, or of what it is a list. An empty shape knows nothing. */
export interface Shape {
  readonly type?: ValueType;
  readonly members?: Members;
  readonly list?: Shape;
}

/** Members are looked up, not listed: a run may have ten thousand nodes, and an expression names two. */
export interface Members {
  readonly get: (name: string) => Shape | undefined;
  readonly names: () => readonly string[];
  /** How a member is called in an error: word "name" of. */
  readonly word: string;
  readonly of: string;
  /** Why a name that exists cannot be used here. */
  readonly refused?: (name: string) => string | undefined;
}

/** Nothing is known of it when it is saved. */
export const UNKNOWN: Shape = {};

/** Own members only: a name such as constructor is as unknown as any other. */
function membersOf<T>(word: string, of: string, known: Readonly<Record<string, T>>, shape: (of: T, name: string) => Shape): Members {
  return { word, of, names: () => Object.keys(known), get: (name) => (Object.hasOwn(known, name) ? shape(known[name]!, name) : undefined) };
}

const typed = (word: string, of: string, types: Readonly<Record<string, ValueType>>): Shape => ({ members: membersOf(word, of, types, scalar) });

const FILE = typed('member', ' of a file', { name: 'string', sha256: 'string', size: 'int' });

function scalar(type: ValueType): Shape {
  if (type === 'json') return UNKNOWN;
  return type === 'file' ? FILE : { type };
}

const CYCLE = typed('member', ' of cycle', { planned: 'datetime', dataDate: 'date', previous: 'datetime', next: 'datetime', zone: 'string' });
const RUN = typed('member', ' of run', { id: 'string', app: 'string', dag: 'string', version: 'int', startedAt: 'datetime', by: 'string' });
const NODE = typed('member', ' of a node', { status: 'string', attempt: 'int', code: 'string', startedAt: 'datetime', endedAt: 'datetime' });

/** Names that stand at the beginning, and what is said where one of them is not there. */
export const ROOTS: Readonly<Record<string, string>> = {
  params: 'there are no parameters here',
  cycle: 'there is no cycle here: the run has no schedule',
  item: 'item is there inside foreach only',
  index: 'index is there inside foreach only',
  nodes: 'there are no nodes here',
  outputs: 'there are no outputs here',
  run: 'there is no run here',
};

function outputsOf({ outputs, each }: NodeDeclaration, name: string): Shape {
  const one = outputs ? typed('output', ` of node "${name}"`, outputs) : UNKNOWN;
  return each ? { list: one } : one;
}

/** The shape of every root name that is there. */
export function shapesOf(declarations: Declarations): Readonly<Record<string, Shape>> {
  const { params = {}, cycle, item, nodes = {} } = declarations;
  // It may be long, and only a wrong name needs it.
  const notUpstream = (): readonly string[] => declarations.notUpstream ?? [];
  const upstream = (shape: (node: NodeDeclaration, name: string) => Shape): Shape => ({
    members: {
      ...membersOf('node', ' upstream of this one', nodes, shape),
      names: () => [...Object.keys(nodes), ...notUpstream()],
      refused: (name) => (notUpstream().includes(name) ? `node "${name}" does not run before this one; add it to needs` : undefined),
    },
  });
  return {
    params: typed('parameter', '', params),
    ...(cycle && { cycle: CYCLE }),
    ...(item && { item: scalar(item), index: { type: 'int' } satisfies Shape }),
    nodes: upstream(() => NODE),
    outputs: upstream(outputsOf),
    run: RUN,
  };
}

const CEL: Readonly<Record<ValueType, string>> = {
  string: 'string',
  date: 'string',
  datetime: 'string',
  int: 'int',
  float: 'double',
  bool: 'bool',
  file: 'dyn',
  json: 'dyn',
};

/** The type of CEL that a value of this shape has. */
export function celType(shape: Shape): string {
  if (shape.type) return CEL[shape.type];
  if (shape.list) return 'list<dyn>';
  return shape.members ? 'map<string, dyn>' : 'dyn';
}

/** A name as it is written after its owner: names with "-" need brackets. */
export const written = (owner: string, name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? `${owner}.${name}` : `${owner}["${name}"]`);

/** A value that is not of its declared type. */
export const mismatch = (name: string, type: ValueType, value: unknown): Wrong =>
  new Wrong(`${name} is declared ${type}, and its value is ${JSON.stringify(value)?.slice(0, 60) ?? 'missing'}`);
