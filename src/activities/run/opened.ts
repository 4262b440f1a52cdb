// The pinned DAGs that runs under way ask about, kept ready: what stands under a digest or a version never changes.
import type { ComposeDeps } from '../../compose/deps.ts';
import { fullDag } from '../../compose/carried-dag.ts';
import { storedJobs } from '../../compose/referred.ts';
import { openDag, type OpenDag } from '../../dags/open.ts';
import { digestOf } from '../../specs/canonical.ts';
import type { CarriedDag } from '../../specs/run.ts';

/** DAGs that are kept. */
const MOST = 32;

export interface OpenedDags {
  /** NOT_FOUND when the spec, or a stored job that it refers to, is gone. */
  of(app: string, carried: CarriedDag): Promise<OpenDag>;
}

export function createOpenedDags(deps: ComposeDeps): OpenedDags {
  const known = new Map<string, Promise<OpenDag>>();

  async function open(app: string, carried: CarriedDag): Promise<OpenDag> {
    const dag = await fullDag(carried, deps.artifacts);
    const jobs = await storedJobs(deps, app, dag);
    const types = new Map(deps.jobTypes.types().map(({ type, config }) => [type, config]));
    return openDag(dag, { configOf: (type) => types.get(type), jobOf: (ref) => jobs.get(ref) });
  }

  return {
    async of(app, carried) {
      const id = `${app}/${'spec' in carried ? digestOf(carried.spec) : carried.sha256}`;
      const opened = known.get(id) ?? open(app, carried);
      // The newest last, so that the first is the one that nobody has asked for longest.
      known.delete(id);
      known.set(id, opened);
      opened.catch(() => known.delete(id));
      if (known.size > MOST) known.delete(known.keys().next().value!);
      return await opened;
    },
  };
}
