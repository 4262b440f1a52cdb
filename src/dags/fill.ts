// What a node needs when its turn has come, computed: its condition, items, time, parameters of a child run, and its job.
import { evaluateCondition } from '../expressions/evaluate.ts';
import { fillTemplates } from '../expressions/fill.ts';
import type { Json, Values } from '../expressions/types.ts';
import { MAX_ITEMS } from '../specs/dag-node.schema.ts';
import type { JobSpecInput } from '../specs/job.schema.ts';
import { pathOf } from './draft.ts';
import { fillAt, type Filled } from './fill-at.ts';
import type { OpenDag } from './open.ts';
import { WAIT_TIME, waitUntil } from './wait-time.ts';
import { inWords } from './words.ts';
import type { Part, Path } from './written.ts';

/** Whether its condition holds; a node without one runs. */
export function conditionOf(open: OpenDag, name: string, values: Values): Filled<boolean> {
  const { when } = open.dag.nodes[name]!;
  if (when === undefined) return { ok: true, value: true };
  const result = evaluateCondition(when, open.declarations(name, 'node'), values);
  return result.ok ? result : { ok: false, reason: `/nodes/${name}/when: ${inWords(result.error)}` };
}

/** The items of a foreach or mapReduce. */
export function itemsOf(open: OpenDag, name: string, values: Values): Filled<readonly Json[]> {
  const node = open.dag.nodes[name]!;
  const kind = node.foreach === undefined ? 'mapReduce' : 'foreach';
  const filled = fillAt(['nodes', name, kind, 'item'], node[kind], open.declarations(name, 'node'), values);
  if (!filled.ok) return filled;
  const { value } = filled;
  const at = `/nodes/${name}/${kind}/item`;
  if (!isList(value)) return { ok: false, reason: `${at}: gives ${JSON.stringify(value)?.slice(0, 60)}, and the items must be a list` };
  if (value.length > MAX_ITEMS) return { ok: false, reason: `${at}: gives ${value.length} items; at most ${MAX_ITEMS} are allowed` };
  return { ok: true, value };
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Until when a wait for a time lasts, in milliseconds. `since`: when the node could start. */
export function timeOf(open: OpenDag, name: string, values: Values, since: string): Filled<number> {
  const path: Path = ['nodes', name, 'wait', 'time'];
  const filled = fillAt(path, open.dag.nodes[name]!.wait, open.declarations(name, 'node'), values);
  if (!filled.ok) return filled;
  const until = typeof filled.value === 'string' ? waitUntil(filled.value, since, values.cycle?.zone ?? 'UTC') : Number.NaN;
  return Number.isNaN(until)
    ? { ok: false, reason: `/nodes/${name}/wait/time: gives ${JSON.stringify(filled.value)}, and ${WAIT_TIME}` }
    : { ok: true, value: until };
}

/** What a run of another DAG is given. */
export function childParamsOf(open: OpenDag, name: string, values: Values): Filled<Readonly<Record<string, Json>>> {
  const { dag } = open.dag.nodes[name]!;
  const filled = fillAt(['nodes', name, 'dag', 'params'], { params: dag?.params ?? {} }, open.declarations(name, 'node'), values);
  return filled as Filled<Readonly<Record<string, Json>>>;
}

/** The job of a node, of one of its items or after them, as somebody would write it: parsing and the checks of every job follow. */
export function nodeJob(open: OpenDag, name: string, part: Part, values: Values): Filled<JobSpecInput> {
  const draft = open.part(name, part);
  if (draft === undefined) return { ok: false, reason: `/nodes/${name}: its stored job is not there` };
  const { job, places, locate } = draft;
  if (places.length === 0) return { ok: true, value: job };
  const filled = fillTemplates(job as unknown as Json, places, open.declarations(name, part), values);
  if (filled.ok) return { ok: true, value: filled.value as unknown as JobSpecInput };
  return { ok: false, reason: `/${locate(pathOf(filled.error.path)).join('/')}: ${inWords(filled.error)}` };
}
