// The input of a child run: the DAG of its version, pinned and given its parameters now.
import { carryDag } from '../../compose/carried-dag.ts';
import { pinDag } from '../../compose/dag.ts';
import { newJobId } from '../../compose/job-id.ts';
import { readRef } from '../../compose/ref.ts';
import { paramValues } from '../../dags/params.ts';
import { runValues } from '../../dags/run-values.ts';
import { digestOf } from '../../specs/canonical.ts';
import { dagSpecSchema } from '../../specs/dag.schema.ts';
import type { Json } from '../../specs/execution.ts';
import { childRunId } from '../../specs/identity.ts';
import type { RunAnswer, RunInput } from '../../specs/run.ts';
import { invalid } from '../../specs/validate.ts';
import type { Scene } from './scene.ts';

/** It stands for the same cycle as its parent. Asked twice, the run that the store already has under this id is this one. */
export async function childAnswer(
  { deps, open, run, workflowId }: Scene,
  node: string,
  attempt: number,
  given: Readonly<Record<string, Json>>,
): Promise<RunAnswer> {
  const id = childRunId(workflowId, node, attempt);
  const known = await deps.store.runs.byWorkflowId(id);
  if (known !== undefined) return { child: known.input, workflowId: id };
  const definition = await readRef(deps, run.app, open.dag.nodes[node]!.dag!.ref, 'Dag');
  const spec = await pinDag(deps, run.app, dagSpecSchema.parse(definition.spec));
  const own = {
    runId: newJobId(),
    app: run.app,
    dag: spec.name,
    version: definition.version,
    mark: run.mark,
    createdAt: new Date().toISOString(),
    by: run.by,
    ...(run.cycle && { cycle: run.cycle }),
    ...(run.timings && { timings: run.timings }),
    ...(run.historyBudget !== undefined && { historyBudget: run.historyBudget }),
  };
  const values = paramValues(spec.parameters, given, runValues(own));
  if (!values.ok) throw invalid(values.errors);
  const child: RunInput = {
    ...own,
    digest: digestOf({ spec, params: values.params }),
    spec: await carryDag(spec, deps.artifacts),
    params: values.params,
    parent: { workflowId, node, attempt },
  };
  return { child, workflowId: id };
}
