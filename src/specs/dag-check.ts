// What is wrong with a DAG although each of its fields is right: its graph, the kinds of its nodes, its parameters.
import { doings, needsOf } from './dag-graph.ts';
import { findCycle } from './dag-cycle.ts';
import type { NodeSpec } from './dag-node.schema.ts';
import type { DagSpec, Parameter } from './dag.schema.ts';
import { FAILURE } from './dag.ts';
import type { FieldError } from './errors.ts';
import { shorten } from './explain.ts';
import { didYouMean } from './near.ts';
import { isDate } from './schedule-time.ts';

/** Words of the expression language: a node or parameter of such a name could not be written in one. */
const RESERVED = new Set(['true', 'false', 'null', 'in']);
/** More mistakes than this are not said: looking for near names costs every node's name each time. */
const MOST_ERRORS = 20;

const error = (path: string, message: string, value?: unknown): FieldError => ({
  path,
  message,
  ...(value !== undefined && { value: shorten(value) }),
});

/** Every mistake of a parsed spec, the first 20 of them; none: it can be compiled. */
export function validateDag(spec: DagSpec): FieldError[] {
  const names = new Set(Object.keys(spec.nodes));
  const errors = Object.entries(spec.parameters).flatMap(([name, parameter]) => parameterErrors(name, parameter));
  if (names.size === 0) errors.push(error('/nodes', 'must have at least one node'));
  for (const [name, node] of Object.entries(spec.nodes)) {
    if (errors.length >= MOST_ERRORS) break;
    const path = `/nodes/${name}`;
    errors.push(...nameErrors(path, name), ...kindErrors(path, node), ...needErrors(path, name, node, names));
    if (neverStarts(spec, node)) {
      const advice = `never starts: with failure: ${spec.failure} nothing does after the failure of a key node; write failure: finish, or onFailure: ignore in the needed node`;
      errors.push(error(`${path}/needs`, advice, node.needs));
    }
  }
  // In a graph with unknown names or a need of itself, a cycle is not the first thing to correct.
  if (errors.length === 0) errors.push(...cycleErrors(spec));
  return errors.slice(0, MOST_ERRORS);
}

const nameErrors = (path: string, name: string): FieldError[] => (RESERVED.has(name) ? [error(path, 'is a reserved word of expressions', name)] : []);

function kindErrors(path: string, node: NodeSpec): FieldError[] {
  const found = doings(node);
  const [other, ...more] = found.filter((kind) => kind !== 'job');
  if (other === undefined) {
    return found.length > 0 ? [] : [error(path, 'must have one of job, dag, foreach, mapReduce, broadcast and wait')];
  }
  if (more.length > 0) return [error(path, `must have only one of ${[other, ...more].join(' and ')}`)];
  const alone = other === 'dag' || other === 'wait';
  if (alone && node.job !== undefined) return [error(`${path}/job`, `must not be there beside ${other}: give the job a node of its own`)];
  if (!alone && node.job === undefined) return [error(`${path}/job`, `is required: what ${other} runs`)];
  return node.isolate === true ? [error(`${path}/isolate`, 'is only for nodes of kind job', true)] : [];
}

function needErrors(path: string, name: string, node: NodeSpec, names: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, need] of needsOf(node).entries()) {
    const at = `${path}/needs/${Array.isArray(node.needs) ? index : need.name}`;
    if (need.name === name) errors.push(error(at, 'must not be the node itself', name));
    else if (!names.has(need.name)) errors.push(error(at, `is not a node of this DAG${didYouMean(need.name, names)}`, need.name));
    if (seen.has(need.name)) errors.push(error(at, 'is there twice', need.name));
    seen.add(need.name);
  }
  for (const [need, { on, required }] of Object.entries(Array.isArray(node.needs) ? {} : (node.needs ?? {}))) {
    if (on !== undefined && required === false) {
      errors.push(error(`${path}/needs/${need}/on`, 'says nothing beside required: false, which lets that node end as it likes', on));
    }
  }
  return errors;
}

/** Whether it can start only after a failure that ends every start. */
function neverStarts(spec: DagSpec, node: NodeSpec): boolean {
  if (spec.failure === 'finish') return false;
  const required = needsOf(node).filter(({ on }) => on !== 0);
  const hopeless = ({ name, on }: { name: string; on: number }): boolean =>
    on === FAILURE && Object.hasOwn(spec.nodes, name) && spec.nodes[name]!.onFailure !== 'ignore';
  return node.join === 'any' ? required.length > 0 && required.every(hopeless) : required.some(hopeless);
}

function cycleErrors(spec: DagSpec): FieldError[] {
  const cycle = findCycle(new Map(Object.entries(spec.nodes).map(([name, node]) => [name, needsOf(node).map((need) => need.name)])));
  if (cycle === undefined) return [];
  const told = cycle.length > 12 ? [...cycle.slice(0, 10), `… ${cycle.length - 11} more …`, cycle.at(-1)!] : cycle;
  return [error(`/nodes/${cycle[0]!}/needs`, `is a cycle, each needs the next: ${told.join(' → ')}`)];
}

const isExpression = (value: unknown): boolean => typeof value === 'string' && value.includes('${{');

/** Whether a value is of a parameter's type. */
export const fitsType = (type: Parameter['type'], value: unknown): boolean => FITS[type](value);

const FITS: { readonly [T in Parameter['type']]: (value: unknown) => boolean } = {
  string: (value) => typeof value === 'string',
  int: Number.isSafeInteger,
  float: Number.isFinite,
  bool: (value) => typeof value === 'boolean',
  date: (value) => typeof value === 'string' && isDate(value),
  json: () => true,
};

function parameterErrors(name: string, { type, default: value }: Parameter): FieldError[] {
  const path = `/parameters/${name}`;
  const errors = nameErrors(path, name);
  if (value === undefined || isExpression(value) || FITS[type](value)) return errors;
  return [...errors, error(`${path}/default`, `must be of type ${type}, or an expression`, value)];
}
