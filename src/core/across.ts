// Which runs of other cycles a rerun carries with it: those whose nodes had waited for what runs again, from these nodes on; and so on from there.
import { feedsOf, looksAt, readWaits, waitsOf, type Waits } from '../schedules/feeds.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { RunDetail } from '../store/contract.ts';
import { isFailed, type DagState } from '../workflows/dag/dag.state.ts';
import { planRerun, reach } from '../workflows/dag/rerun.ts';
import type { Deps } from './deps.ts';
import type { RunDag } from './run-dag.ts';
import { answerBefore } from './run-effect.ts';
import { stateOf } from './run-state.ts';

/** Most runs that one rerun carries. */
const MOST_RUNS = 1_000;

/** A run that is carried. */
export interface Carried {
  readonly run: RunDetail;
  /** Its nodes that wait again, in the order of the DAG: it runs again from these on. */
  readonly nodes: readonly string[];
}

/** A run of which nodes run again. */
export interface Source {
  readonly run: RunDetail;
  readonly again: ReadonlySet<string>;
}

interface Known extends RunDag {
  readonly run: RunDetail;
  readonly state: DagState;
  /** It has been asked already, by the same rerun. */
  readonly asked: boolean;
  readonly seeds: Set<string>;
  /** Runs that it waits for, among those that run again. */
  readonly after: Set<string>;
}

/** The id of the message to a run that is carried: the same rerun, sent again, asks it once. */
export const carriedId = (id: string, runId: string): string => `${id}:${runId}`;

/**
 * In turns: those of one turn wait only for runs of turns before. `id`: of the rerun, where it may have been sent before. CONFLICT where one of
 * them cannot be rerun, where they wait for each other, or are more than MOST_RUNS.
 */
export async function carriedBy(deps: Deps, root: Source, id: string | undefined): Promise<Carried[][]> {
  const { app } = root.run;
  const waits = await readWaits(deps.store, app);
  const carried = new Map<string, Known>();
  const sources: Source[] = [root];
  for (const source of sources) {
    for (const run of await waitingFor(deps, waits, source)) {
      const known = carried.get(run.runId) ?? (await readKnown(deps, run, id));
      const seeds = seedsOf(known, source, waits);
      if (seeds.length === 0) continue;
      if (run.runId === root.run.runId) throw inCircle(root.run);
      carried.set(run.runId, known);
      if (carried.size > MOST_RUNS) {
        throw new LongshoreError(
          'CONFLICT',
          `More than ${MOST_RUNS} runs have waited for what would run again: rerun fewer nodes, or the runs by themselves.`,
        );
      }
      known.after.add(source.run.runId);
      const added = seeds.filter((node) => !known.seeds.has(node));
      for (const node of added) known.seeds.add(node);
      // A run that was reached before may be entered at more of its nodes: what follows from these is looked at, too.
      if (added.length > 0) sources.push({ run: known.run, again: downstreamOf(known, known.seeds) });
    }
  }
  for (const known of carried.values()) requirePossible(known);
  return inTurns(root.run, carried);
}

/** Runs that look at the cycle of this one, by the newest versions of their DAGs. */
async function waitingFor({ store }: Deps, waits: Waits, { run }: Source): Promise<RunDetail[]> {
  if (run.cycle === undefined) return [];
  const feeds = await feedsOf(store, run.app, waits, run.dag, run.cycle.at);
  const ids = new Set(feeds.flatMap((feed) => feed.run?.runId ?? []));
  return (await Promise.all([...ids].map((id) => store.runs.run(id)))).filter((found) => found !== undefined);
}

async function readKnown(deps: Deps, run: RunDetail, id: string | undefined): Promise<Known> {
  const [dag, rows, answer] = await Promise.all([
    deps.dags.of(run.input.spec),
    deps.store.runs.nodes(run.runId),
    answerBefore(deps, run, id === undefined ? undefined : carriedId(id, run.runId)),
  ]);
  const state = stateOf(dag.plan, run, new Map(rows.map((row) => [row.node, row])));
  return { ...dag, run, state, asked: answer !== undefined, seeds: new Set(), after: new Set() };
}

/** Nodes that have waited for what runs again, as the run itself has them. One that waits still, or was skipped, has taken nothing from it. */
function seedsOf({ run, spec, state, indices, asked }: Known, { run: source, again }: Source, { schedules }: Waits): string[] {
  const upstream = schedules.get(source.dag);
  return waitsOf(spec.nodes)
    .filter(({ wait }) => wait.dag === source.dag && (wait.node === undefined || again.has(wait.node)))
    .filter(({ wait }) => looksAt(wait, run.cycle!, source.cycle!.at, upstream))
    .map(({ node }) => node)
    .filter((node) => asked || hasWaited(state, indices.get(node)!));
}

function hasWaited({ phases }: DagState, node: number): boolean {
  const phase = phases[node]!;
  return phase === 'succeeded' || isFailed(phase);
}

/** These nodes and all after them. */
export function downstreamOf({ plan, state, indices }: Pick<Known, 'plan' | 'state' | 'indices'>, nodes: Iterable<string>): Set<string> {
  const seeds = [...nodes].map((node) => indices.get(node)!);
  return new Set([...reach(plan, state, seeds, true)].map((node) => plan.nodes[node]!.name));
}

function requirePossible({ run, plan, state, indices, seeds, asked }: Known): void {
  if (asked) return;
  const { refused } = planRerun(plan, state, { mode: 'downstream', nodes: [...seeds].map((node) => indices.get(node)!) });
  if (refused !== undefined)
    throw new LongshoreError('CONFLICT', `Run ${run.runId} of ${run.dag} has waited for this, and cannot be rerun: ${refused}.`);
}

function inTurns(root: RunDetail, carried: ReadonlyMap<string, Known>): Carried[][] {
  const left = new Map(carried);
  const done = new Set([root.runId]);
  const turns: Carried[][] = [];
  while (left.size > 0) {
    const next = [...left.values()].filter(({ after }) => [...after].every((runId) => done.has(runId)));
    if (next.length === 0) throw inCircle(left.values().next().value!.run);
    for (const { run } of next) {
      left.delete(run.runId);
      done.add(run.runId);
    }
    turns.push(next.map(({ run, plan, seeds }) => ({ run, nodes: plan.nodes.flatMap(({ name }) => (seeds.has(name) ? [name] : [])) })));
  }
  return turns;
}

const inCircle = ({ runId, dag }: RunDetail): LongshoreError =>
  new LongshoreError(
    'CONFLICT',
    `Run ${runId} of ${dag} waits for runs that wait for it: none of them can be the first to run again. Rerun them one by one.`,
  );
