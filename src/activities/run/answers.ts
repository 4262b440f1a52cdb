// What a run asks before it goes on with a node. Questions that come together are answered together, each from what the store knows now.
import { childParamsOf, conditionOf, itemsOf, timeOf } from '../../dags/fill.ts';
import { conditionReads, reads } from '../../dags/reads.ts';
import type { RunAnswer, RunQuestion } from '../../specs/run.ts';
import { isOnline } from '../worker-choice.ts';
import { childAnswer } from './child-answer.ts';
import { failed, refusal } from './failed.ts';
import { carryItems } from './items.ts';
import { jobAnswer } from './job-answer.ts';
import type { Scene } from './scene.ts';

export async function answer(scene: Scene, question: RunQuestion): Promise<RunAnswer> {
  const { node } = question;
  if (!Object.hasOwn(scene.open.dag.nodes, node)) return failed('INTERNAL', `the DAG has no node ${node}`);
  try {
    if (question.ask === 'when') return await whenAnswer(scene, node);
    if (question.ask === 'items') return await itemsAnswer(scene, node);
    if (question.ask === 'job') return await jobAnswer(scene, question);
    const values = await scene.values(reads(scene.open, node, 'node'));
    if (question.ask === 'time') {
      const until = timeOf(scene.open, node, values, question.since);
      return until.ok ? { until: new Date(until.value).toISOString() } : failed('EXPRESSION_FAILED', until.reason);
    }
    const params = childParamsOf(scene.open, node, values);
    return params.ok ? await childAnswer(scene, node, question.attempt, params.value) : failed('EXPRESSION_FAILED', params.reason);
  } catch (error) {
    return refusal(error, `node ${node}`);
  }
}

async function whenAnswer(scene: Scene, node: string): Promise<RunAnswer> {
  const { open } = scene;
  const holds = conditionOf(open, node, await scene.values(conditionReads(open, node)));
  return holds.ok ? { holds: holds.value } : failed('EXPRESSION_FAILED', holds.reason);
}

async function itemsAnswer(scene: Scene, node: string): Promise<RunAnswer> {
  const { open, deps } = scene;
  if (open.dag.nodes[node]!.broadcast !== undefined) return await workersAnswer(scene, node);
  const items = itemsOf(open, node, await scene.values(reads(open, node, 'node')));
  return items.ok ? { items: await carryItems(items.value, deps.artifacts) } : failed('EXPRESSION_FAILED', items.reason);
}

/** A broadcast runs on each worker that is online now, in the order of their ids. */
async function workersAnswer({ open, deps }: Scene, node: string): Promise<RunAnswer> {
  const group = open.part(node, 'item')?.job.workers ?? 'default';
  const online = (await deps.store.workers.list()).filter((worker) => worker.group === group && isOnline(worker, Date.now()));
  if (online.length === 0) return failed('START_REFUSED', `node ${node}: no worker of group ${group} is online`);
  return { items: await carryItems(online.map(({ workerId }) => workerId).sort(), deps.artifacts) };
}
