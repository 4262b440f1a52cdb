// The activities of a scheduler process for runs of DAGs. What many nodes ask at once comes together, and is answered in its order.
import { ApplicationFailure } from '@temporalio/common';
import { crashPoint } from '../../crash-points.ts';
import type { AdmitRequest, AdmitResult } from '../../specs/activities.ts';
import { compileDag } from '../../specs/dag-plan.ts';
import { fullDag } from '../../compose/carried-dag.ts';
import type { RunActivities, RunAnswer, RunDuties, Settled } from '../../specs/run.ts';
import { admit, take } from '../admit.ts';
import type { SchedulerDeps } from '../deps.ts';
import { forEachLimited } from '../loop.ts';
import { answer } from './answers.ts';
import { awaitCycles } from './await-cycles.ts';
import { closedChildren } from './closed-children.ts';
import { createItemReader } from './items.ts';
import { lastDagRun } from './last-dag-run.ts';
import { createOpenedDags } from './opened.ts';
import { sceneOf } from './scene.ts';

const AT_ONCE = 8;

export function createRunActivities(deps: SchedulerDeps): RunActivities & RunDuties {
  const { store, client, artifacts } = deps;
  const opened = createOpenedDags(deps);
  const readItems = createItemReader(artifacts);
  return {
    admitAll: (requests) => settleAll(requests, (request) => admit(deps, request)),
    takeAll: (requests) => settleAll(requests, (request) => take(deps, request)),

    async recordAll({ jobs, runs }) {
      crashPoint('record.before');
      // Jobs first: who hears of a node's end may read its outputs.
      for (const request of jobs) await store.executions.record(request);
      for (const record of runs) await store.runs.record(record);
      if (jobs.some(({ release }) => release !== undefined)) deps.poke();
      return { jobs: jobs.map(({ jobId, events }) => ({ jobId, events })), runs: runs.flatMap(({ events }) => events) };
    },

    async runPlan(carried) {
      const plan = compileDag(await fullDag(carried, artifacts));
      crashPoint('run.planned');
      return plan;
    },

    async answerAll(questions) {
      const open = await opened.of(questions.run.app, questions.run.spec);
      const scene = sceneOf(deps, questions, open, readItems);
      const answers: RunAnswer[] = [];
      for (const question of questions.questions) answers.push(await answer(scene, question));
      crashPoint('run.answered');
      return answers;
    },

    async lastDagRun(workflowId) {
      const last = await lastDagRun(deps, workflowId);
      crashPoint('run.found');
      return last;
    },
    awaitCycles: (input) => awaitCycles(deps, opened, input),
    closedChildren: (workflowIds) => closedChildren(client, workflowIds),
  };
}

/** Each by itself: one that fails does not spoil the others. */
async function settleAll(requests: readonly AdmitRequest[], ask: (request: AdmitRequest) => Promise<AdmitResult>): Promise<Settled<AdmitResult>[]> {
  const settled: Settled<AdmitResult>[] = [];
  await forEachLimited(requests.entries(), AT_ONCE, async ([at, request]) => {
    // With the events their job, so that history can rebuild the store.
    settled[at] = await ask(request).then((ok) => ({ ok: ok.events ? { ...ok, jobId: request.attempt.jobId } : ok }), failure);
  });
  return settled;
}

function failure(error: unknown): Settled<never> {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ApplicationFailure) return { error: { type: error.type ?? error.name, message, final: error.nonRetryable === true } };
  const { code } = error as { code?: unknown };
  return { error: { type: typeof code === 'string' ? code : 'INTERNAL', message, final: false } };
}
