// A run from its start to the store, with real workflows, jobs and files; and its rows made again from its history.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { carryDag } from '../../src/compose/carried-dag.ts';
import { pinDag } from '../../src/compose/dag.ts';
import { newJobId } from '../../src/compose/job-id.ts';
import { createCore, type Caller } from '../../src/core/index.ts';
import { digestOf } from '../../src/specs/canonical.ts';
import { dagSpecSchema, type DagSpecInput } from '../../src/specs/dag.schema.ts';
import { appSpecSchema } from '../../src/specs/documents.schema.ts';
import type { Json } from '../../src/specs/execution.ts';
import { QUEUES, runWorkflowId } from '../../src/specs/identity.ts';
import type { RunInput, RunResult } from '../../src/specs/run.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { GRANTS, shell } from './run-scene.ts';
import { startStack, type Stack } from './stack.ts';

const APP = 'test';
let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  const spec = appSpecSchema.parse({ name: APP, grants: GRANTS }) as unknown as { readonly [key: string]: Json };
  await stack.runtime.store.definitions.put({ kind: 'App', app: '', name: APP, digest: 'd', spec, createdBy: 'test' });
}, 120_000);
afterAll(() => stack.stop());

async function run(dag: Partial<DagSpecInput>, params: Readonly<Record<string, Json>> = {}): Promise<{ runId: string; result: RunResult }> {
  const { runtime } = stack;
  const spec = await pinDag(runtime, APP, dagSpecSchema.parse({ name: 'flights', nodes: {}, ...dag }));
  const runId = newJobId();
  const input: RunInput = {
    runId,
    app: APP,
    dag: spec.name,
    digest: digestOf(spec),
    spec: await carryDag(spec, runtime.artifacts),
    params,
    mark: await runtime.store.mark(),
    createdAt: new Date().toISOString(),
    by: 'test',
  };
  const workflowId = runWorkflowId(APP, spec.name, { runId });
  await runtime.store.runs.created(input, workflowId);
  const result = (await runtime.temporal.client.workflow.execute('dag', { workflowId, taskQueue: QUEUES.scheduler, args: [input] })) as RunResult;
  return { runId, result };
}

const gives = (name: string, type: 'int' | 'string') => ({ outputs: { [name]: { type } } });

test('values go from node to node, items come together, and rebuild makes the same rows again', async () => {
  const { runId, result } = await run(
    {
      parameters: { day: { type: 'date' } },
      nodes: {
        list: {
          job: shell('day=${{ params.day }}; echo "names=[\\"a b\\", \\"$day\\"]" >>"$LONGSHORE_OUTPUT"', { outputs: { names: { type: 'json' } } }),
        },
        each: {
          needs: ['list'],
          foreach: { item: '${{ outputs.list.names }}' },
          job: shell('name=${{ item }}; echo "size=${#name}" >>"$LONGSHORE_OUTPUT"', gives('size', 'int')),
        },
        sum: {
          needs: ['each'],
          when: 'outputs.each.all(o, o.size > 0)',
          job: shell('echo sum=${{ outputs.each[0].size + outputs.each[1].size }} >>"$LONGSHORE_OUTPUT"', gives('sum', 'int')),
        },
        not: { needs: ['sum'], when: 'outputs.sum.sum != 13', job: shell('exit 1') },
      },
    },
    { day: '2026-11-25' },
  );
  expect(result.outcome).toBe('SUCCEED');
  const { store } = stack.runtime;
  const rowsOf = async (from: typeof store) => ({
    run: await from.runs.run(runId),
    nodes: (await from.runs.nodes(runId)).sort((a, b) => (a.node < b.node ? -1 : 1)),
    jobs: await Promise.all(
      (await from.executions.jobs({ run: runId }, { limit: 100 })).map(async (row) => ({
        ...row,
        attempts: await from.executions.attempts(row.jobId),
      })),
    ),
  });
  const rows = await rowsOf(store);
  expect(rows.run).toMatchObject({ status: 'FINISH', outcome: 'SUCCEED' });
  expect(rows.jobs.find(({ node }) => node === 'sum')!.attempts[0]!.outputs).toEqual({ sum: { value: 13 } });
  expect(rows.nodes.find(({ node }) => node === 'not')).toMatchObject({ status: 'SKIPPED' });

  const folder = await mkdtemp(join(tmpdir(), 'longshore-rebuilt-'));
  const empty = await openSqliteStore({ file: join(folder, 'store.db'), rules: admissionRules });
  const { temporal, ...runtime } = stack.runtime;
  const core = createCore({ ...runtime, store: empty, temporal: temporal.client, logger: pino({ level: 'silent' }) });
  const admin = { token: { app: APP, name: 'admin' }, app: APP, role: 'admin' } as unknown as Caller;
  expect(await core.rebuild(admin, undefined)).toMatchObject({ seen: 1, added: 1, failed: 0 });
  expect(await rowsOf(empty)).toEqual(rows);
  expect(await core.rebuild(admin, undefined)).toMatchObject({ added: 0, corrected: 0 });
  await empty.close();
  await rm(folder, { recursive: true });
});
