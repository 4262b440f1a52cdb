// What a continue-as-new and a rerun of a closed run take up, as plain JSON.
import type { DagPlan } from '../../specs/dag.ts';
import type { OutcomeCode } from '../../specs/errors.ts';
import type { ClusterRecord, Json } from '../../specs/execution.ts';
import type { ItemId, ItemTries, LastRun, RunRerunMessage } from '../../specs/run.ts';
import type { Progress } from '../course.ts';
import type { JobRun, Resume } from '../job/job.run.ts';
import { initialState, isLive, PHASES, type DagState, type Phase } from './dag.state.ts';
import type { CarriedEvents } from './events.ts';
import type { Why } from './host.ts';
import type { CarriedItemJobs } from './nodes/items.state.ts';
import type { CarriedJob } from './nodes/job.ts';

/** What is known of nodes besides their phase, by name, and only where there is something to say. Plain JSON. */
export interface Notes {
  /** Starts that made no attempt of the node's job. */
  lag: { [node: string]: number };
  codes: { [node: string]: OutcomeCode };
  items: { [node: string]: CarriedItemJobs };
  /** Of nodes with items, when the run was cut off: their jobs are not begun from the first attempt again. */
  tries?: { readonly [node: string]: ItemTries };
  /** What the next start of a node with items is about; else: all of them. */
  scopes: { [node: string]: 'failed' | ItemId };
  /** Signals that came before anything waited for them. */
  signals: string[];
  /** Who asked for the last rerun. */
  why?: Why;
  /** Who asked for the kill of the run. */
  killed?: Why;
}

/** Notes to go on with. Their records have no prototype: a node may be called `constructor`. */
export const notesOf = (carried: Notes = { lag: {}, codes: {}, items: {}, scopes: {}, signals: [] }): Notes => ({
  ...carried,
  lag: bare(carried.lag),
  codes: bare(carried.codes),
  items: bare(carried.items),
  scopes: bare(carried.scopes),
  ...(carried.tries && { tries: bare(carried.tries) }),
});

const bare = <Value>(record: { readonly [node: string]: Value }): { [node: string]: Value } =>
  Object.assign(Object.create(null) as { [node: string]: Value }, record);

/** A job on its way to the next run; its cluster's record is one of `clusters`. */
interface PackedJob {
  readonly node: string;
  readonly item?: ItemId;
  readonly job: CarriedJob;
  readonly cluster?: number;
}

export interface Carried {
  readonly state: DagState;
  readonly events: CarriedEvents;
  readonly notes: Notes;
  readonly appliedIds: readonly string[];
  /** Why it ended, as the end was told. */
  readonly reason?: string;
  /** The generation whose end its parent was told. */
  readonly toldParent?: number;
  /** The starts under way, by node. */
  readonly starts?: { readonly [node: string]: Json };
  readonly jobs?: readonly PackedJob[];
  readonly clusters?: readonly ClusterRecord[];
  /** Reruns that wait for their plan. */
  readonly reruns?: readonly RunRerunMessage[];
  /** Messages that came before the plan was there. */
  readonly early?: readonly { readonly name: string; readonly raw: unknown }[];
}

/** The jobs of a run with each cluster's record once: 200 of them would not fit into one message. */
export function packJobs(jobs: Iterable<{ node: string; item: ItemId | undefined; job: JobRun }>): Pick<Carried, 'jobs' | 'clusters'> {
  const clusters: ClusterRecord[] = [];
  const known = new Map<string, number>();
  const indexOf = (record: ClusterRecord): number => {
    const text = JSON.stringify(record);
    const index = known.get(text) ?? clusters.push(record) - 1;
    known.set(text, index);
    return index;
  };
  const packed = [...jobs].map(({ node, item, job }): PackedJob => {
    const resume = job.resume();
    const { place, ...progress } = resume.progress;
    const { cluster, ...rest } = place ?? {};
    return {
      node,
      ...(item !== undefined && { item }),
      job: { input: job.input, resume: { ...resume, progress: { ...progress, ...(place && { place: rest as never }) } } },
      ...(cluster && { cluster: indexOf(cluster) }),
    };
  });
  return { jobs: packed, clusters };
}

export function unpackJobs({ jobs = [], clusters = [] }: Pick<Carried, 'jobs' | 'clusters'>): { node: string; item?: ItemId; job: CarriedJob }[] {
  return jobs.map(({ node, item, job, cluster }) => {
    if (cluster === undefined) return { node, ...(item !== undefined && { item }), job };
    const { progress } = job.resume;
    const whole: Progress = { ...progress, place: { ...progress.place!, cluster: clusters[cluster]! } };
    const resume: Resume = { ...job.resume, progress: whole };
    return { node, ...(item !== undefined && { item }), job: { input: job.input, resume } };
  });
}

/** What is taken up of a run whose last execution left no result: it was cut off, and what was under way counts as killed. */
export function carriedByRows(plan: DagPlan, rows: NonNullable<LastRun['rows']>): Carried {
  const known = new Map(rows.nodes.map((change) => [change.node, change]));
  const codes: Notes['codes'] = {};
  const phases = plan.nodes.map(({ name }): Phase => {
    const { phase, code } = known.get(name) ?? { phase: 'waiting' };
    if (!Object.hasOwn(PHASES, phase)) return 'dropped';
    if (isLive(phase as Phase)) return 'killed';
    if (code) codes[name] = code;
    return PHASES[phase as Phase].end ? (phase as Phase) : 'dropped';
  });
  const state: DagState = {
    ...initialState(plan),
    status: 'FINISH',
    outcome: 'KILLED',
    generation: rows.generation,
    killed: true,
    phases,
    attempts: plan.nodes.map(({ name }) => known.get(name)?.attempt ?? 0),
  };
  return {
    state,
    events: { seq: rows.seq, queue: [] },
    notes: { ...notesOf(), codes, ...(rows.tries && { tries: rows.tries }) },
    appliedIds: [],
    reason: 'its workflow was lost',
  };
}
