// Everything that can be said of a DAG when it is saved: its graph, its expressions, its jobs. What depends on values is checked when a node runs.
import { placesOf } from '../expressions/contexts.ts';
import { checkExpression } from '../expressions/evaluate.ts';
import { checkTemplates } from '../expressions/fill.ts';
import { holesOf, wholeHole } from '../expressions/template.ts';
import type { Declarations } from '../expressions/types.ts';
import { validateDag } from '../specs/dag-check.ts';
import type { NodeSpec } from '../specs/dag-node.schema.ts';
import { dagSpecSchema, type DagSpec } from '../specs/dag.schema.ts';
import type { FieldError } from '../specs/errors.ts';
import { fieldError } from '../specs/validate.ts';
import { jobErrors } from './check-job.ts';
import { paramTypes } from './declare.ts';
import { pathOf } from './draft.ts';
import { openDag, type OpenDag } from './open.ts';
import { paramErrors, type Parameters } from './params.ts';
import { isWaitTime, WAIT_TIME } from './wait-time.ts';
import { expressionError } from './words.ts';
import { jobsOf, type Path, type Surroundings } from './written.ts';

/** More mistakes than this are not looked for. */
const MOST_ERRORS = 20;

/** What the check of a DAG needs besides. */
export interface Known extends Surroundings {
  /** Parameters of a stored DAG by its reference; undefined: it is not known here. */
  readonly parametersOf: (ref: string) => Parameters | undefined;
}

/** Every mistake of a parsed spec, the first 20 of them. */
export function checkDag(dag: DagSpec, known: Known): FieldError[] {
  const errors = [...validateDag(dag)];
  // Expressions are read along the graph: in a wrong one their errors would mislead.
  if (errors.length > 0) return errors;
  errors.push(...defaultErrors(dag));
  const open = openDag(dag, known);
  const seen = new Set<string>();
  for (const [name, node] of Object.entries(dag.nodes)) {
    // What stands in the defaults of jobs is wrong in each of them, and said once.
    for (const error of nodeErrors(open, name, node, known)) {
      const id = `${error.path} ${error.message}`;
      if (!seen.has(id)) errors.push(error);
      seen.add(id);
    }
    if (errors.length >= MOST_ERRORS) break;
  }
  return errors.slice(0, MOST_ERRORS);
}

/** A default reads the parameters before it, the cycle and the run. */
function defaultErrors({ parameters }: DagSpec): FieldError[] {
  const before: Record<string, Parameters[string]> = {};
  return Object.entries(parameters).flatMap(([name, parameter]) => {
    const path: Path = ['parameters', name, 'default'];
    const errors = parameter.default === undefined ? [] : templateErrors(path, parameter, { params: paramTypes(before), cycle: true });
    before[name] = parameter;
    return errors;
  });
}

/** The expressions of a value of the document: what stands at `path`, in the document as far as it leads there. */
function templateErrors(path: Path, owner: unknown, declarations: Declarations): FieldError[] {
  const whole = path.slice(0, -1).reduceRight<unknown>((value, key) => ({ [key]: value }), owner);
  const { places, errors } = placesOf(whole, dagSpecSchema);
  const within = (found: Path): boolean => path.every((key, at) => found[at] === key);
  const own = places.filter((place) => within(place.path));
  return [...errors.filter((error) => within(pathOf(error.path))), ...checkTemplates(whole, own, declarations).errors].map((error) =>
    expressionError(pathOf(error.path), error),
  );
}

function nodeErrors(open: OpenDag, name: string, node: NodeSpec, known: Known): FieldError[] {
  const at: Path = ['nodes', name];
  const own = (): Declarations => open.declarations(name, 'node');
  const errors: FieldError[] = [];
  if (node.when !== undefined) {
    const checked = checkExpression(node.when, own(), 'bool');
    if (!checked.ok) errors.push(expressionError([...at, 'when'], checked.error));
  }
  for (const kind of ['foreach', 'mapReduce'] as const) {
    const item = node[kind]?.item;
    if (item !== undefined) errors.push(...itemErrors([...at, kind, 'item'], item, own));
  }
  if (node.wait !== undefined && 'time' in node.wait) errors.push(...timeErrors([...at, 'wait', 'time'], node.wait.time, own));
  if (node.dag !== undefined) {
    errors.push(...templateErrors([...at, 'dag', 'params'], { params: node.dag.params ?? {} }, own()));
    const parameters = known.parametersOf(node.dag.ref);
    if (parameters !== undefined) errors.push(...paramErrors(parameters, node.dag.params ?? {}, [...at, 'dag', 'params']));
  }
  for (const written of jobsOf(name, node)) {
    const draft = open.draft(name, written);
    if (draft !== undefined) errors.push(...jobErrors(draft, known.configOf(draft.job.type), () => open.declarations(name, written.part)));
  }
  return errors;
}

function itemErrors(path: Path, item: unknown, declarations: () => Declarations): FieldError[] {
  if (typeof item !== 'string') return mayHaveHoles(item) ? templateErrors(path, { item }, declarations()) : [];
  const errors = templateErrors(path, { item }, declarations());
  if (errors.length > 0) return errors;
  const hole = wholeHole({ text: item, holes: holesOf(item) });
  if (hole === undefined) return [fieldError(path, 'must be a list, or one expression that gives one: "${{ outputs.list.files }}"', item)];
  const checked = checkExpression(hole.expression, declarations(), 'list');
  return checked.ok ? [] : [expressionError(path, checked.error)];
}

const mayHaveHoles = (value: unknown): boolean => JSON.stringify(value).includes('${{');

function timeErrors(path: Path, time: string, declarations: () => Declarations): FieldError[] {
  if (mayHaveHoles(time)) return templateErrors(path, { time }, declarations());
  return isWaitTime(time) ? [] : [fieldError(path, WAIT_TIME, time)];
}
