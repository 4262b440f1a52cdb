// The DAG of a run as it was pinned, and its plan. A big one is in the ArtifactStore under its digest, so what was read once stays true.
import { fullDag } from '../compose/carried-dag.ts';
import { compileDag } from '../specs/dag-plan.ts';
import type { DagPlan } from '../specs/dag.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import { LongshoreError } from '../specs/errors.ts';
import { didYouMean } from '../specs/near.ts';
import type { CarriedDag } from '../specs/run.ts';
import type { ArtifactStore } from '../store/artifacts.ts';

/** A pinned DAG: what its nodes do, and how they hang together. */
export interface RunDag {
  readonly spec: DagSpec;
  readonly plan: DagPlan;
  /** Index of each node in the plan, by name. */
  readonly indices: ReadonlyMap<string, number>;
}

/** So many big DAGs are kept: as many as people look at together. */
const MOST = 16;

export interface Dags {
  /** NOT_FOUND when retention has taken the spec. */
  of(carried: CarriedDag): Promise<RunDag>;
}

export function createDags(artifacts: ArtifactStore): Dags {
  const known = new Map<string, Promise<RunDag>>();

  async function read(carried: CarriedDag): Promise<RunDag> {
    return compiled(await fullDag(carried, artifacts));
  }

  return {
    async of(carried) {
      if ('spec' in carried) return compiled(carried.spec);
      const { sha256 } = carried;
      const dag = known.get(sha256) ?? read(carried);
      // The newest last, so that the first is the one that nobody has asked for longest.
      known.delete(sha256);
      known.set(sha256, dag);
      dag.catch(() => known.delete(sha256));
      if (known.size > MOST) known.delete(known.keys().next().value!);
      return await dag;
    },
  };
}

function compiled(spec: DagSpec): RunDag {
  const plan = compileDag(spec);
  return { spec, plan, indices: new Map(plan.nodes.map(({ name }, index) => [name, index])) };
}

/** The index of a node; NOT_FOUND with what was meant. */
export function indexOf({ indices }: RunDag, runId: string, node: string): number {
  const index = indices.get(node);
  if (index !== undefined) return index;
  throw new LongshoreError('NOT_FOUND', `Run ${runId} has no node "${node}"${didYouMean(node, indices.keys())}.`);
}
