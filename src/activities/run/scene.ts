// What one set of questions is about: the run, its DAG, and the values that expressions read, each fetched once and only when it is read.
import { itemsOf } from '../../dags/fill.ts';
import { reads } from '../../dags/reads.ts';
import type { OpenDag } from '../../dags/open.ts';
import { runValues } from '../../dags/run-values.ts';
import type { Part } from '../../dags/written.ts';
import type { Json, NodeValues, Reads, Values } from '../../expressions/types.ts';
import { hasCode, LongshoreError } from '../../specs/errors.ts';
import type { CarriedItems, RunQuestion, RunQuestions } from '../../specs/run.ts';
import type { NodeRow } from '../../store/contract.ts';
import type { SchedulerDeps } from '../deps.ts';
import { nodeOutputs } from './outputs.ts';

export interface Scene extends Pick<RunQuestions, 'run' | 'workflowId'> {
  readonly deps: SchedulerDeps;
  readonly open: OpenDag;
  /** The values for expressions that read so much. */
  values(read: Reads, ofItems?: string): Promise<Values>;
  /** Those for a job of a node: with its item, or with the outputs of its items. */
  jobValues(question: Extract<RunQuestion, { readonly ask: 'job' }>, part: Part): Promise<Values>;
}

export function sceneOf(
  deps: SchedulerDeps,
  { run, workflowId, nodes }: RunQuestions,
  open: OpenDag,
  readItems: (items: CarriedItems) => Promise<readonly Json[]>,
): Scene {
  const { executions, runs } = deps.store;
  const base = { ...runValues(run), params: run.params };
  const outputs = new Map<string, Promise<Json | undefined>>();
  const partReads = new Map<string, Reads>();
  let rows: Promise<ReadonlyMap<string, NodeRow>> | undefined;

  const outputsOf = (name: string, ofItems: boolean): Promise<Json | undefined> => {
    const id = `${name}/${ofItems}`;
    const known = outputs.get(id) ?? nodeOutputs(executions, run.runId, name, open.dag.nodes[name]!, ofItems);
    outputs.set(id, known);
    return known;
  };

  async function nodeValues(name: string): Promise<NodeValues> {
    const { status, attempt, code } = nodes[name]!;
    rows ??= runs.nodes(run.runId, Object.keys(nodes)).then((all) => new Map(all.map((row) => [row.node, row])));
    const { startedAt, endedAt } = (await rows).get(name) ?? {};
    return { status, attempt, ...(code && { code }), ...(startedAt !== undefined && { startedAt }), ...(endedAt !== undefined && { endedAt }) };
  }

  async function values(read: Reads, ofItems?: string): Promise<Values> {
    const named = read.anyNode ? Object.keys(nodes) : read.nodes.filter((name) => Object.hasOwn(nodes, name));
    const known: Record<string, NodeValues> = {};
    const given: Record<string, Json> = {};
    for (const name of named) {
      known[name] = await nodeValues(name);
      const value = nodes[name]!.status === 'SUCCEED' ? await outputsOf(name, false) : undefined;
      if (value !== undefined) given[name] = value;
    }
    if (ofItems !== undefined && (read.anyNode || read.nodes.includes(ofItems))) {
      const list = await outputsOf(ofItems, true);
      if (list !== undefined) given[ofItems] = list;
    }
    return { ...base, nodes: known, outputs: given };
  }

  /** A list that retention has taken is the same again as long as what it was made of is. */
  async function itemList(node: string, items: CarriedItems): Promise<readonly Json[]> {
    try {
      return await readItems(items);
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
      const again = itemsOf(open, node, await values(reads(open, node, 'node')));
      if (!again.ok || again.value.length !== items.count) throw error;
      return again.value;
    }
  }

  return {
    deps,
    run,
    workflowId,
    open,
    values,
    async jobValues({ node, item, items }, part) {
      const id = `${node}/${part}`;
      const read = partReads.get(id) ?? reads(open, node, part);
      partReads.set(id, read);
      const all = await values(read, part === 'final' ? node : undefined);
      if (typeof item !== 'number') return all;
      const list = items === undefined ? [] : await itemList(node, items);
      if (item >= list.length) throw new LongshoreError('INVALID', `node ${node} has no item ${item}`);
      return { ...all, item: list[item]!, index: item };
    },
  };
}
