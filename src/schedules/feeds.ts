// The reverse of missing-cycles: which nodes of which DAGs wait for a cycle, in which of their cycles.
import { fedCycles, fedRange, plans, ruled, windowCycles, windowRange } from './window.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import type { NodeSpec } from '../specs/dag-node.schema.ts';
import type { RunCycle } from '../specs/run.ts';
import { DAY_MS, formatInstant, parseInstant } from '../specs/schedule-time.ts';
import { parseWindow, parseWindowRule } from '../specs/schedule-window.ts';
import type { Instant } from '../specs/schedule.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import type { RunRow, Store } from '../store/contract.ts';

type Wait = Extract<NonNullable<NodeSpec['wait']>, { readonly dag: string }>;

/** A stored DAG that has nodes which wait for cycles. */
export interface Waiting {
  readonly dag: string;
  readonly schedule: Schedule | undefined;
  readonly waits: readonly { readonly node: string; readonly wait: Wait }[];
}

/** A node in one cycle of its DAG, and the run of that cycle where there is one. */
export interface Feed {
  readonly dag: string;
  readonly node: string;
  /** The node that it waits for; undefined: the whole run. */
  readonly of: string | undefined;
  readonly cycle: Instant;
  readonly run: RunRow | undefined;
}

const BATCH = 500;
/** Cycles, and runs, that are looked at for one node. */
const MOST_FED = 1_000;

/** All DAGs of an app that wait for cycles, by name, as their newest versions have it; and the schedules of all. */
export interface Waits {
  readonly waiting: readonly Waiting[];
  readonly schedules: ReadonlyMap<string, Schedule>;
}

export async function readWaits({ definitions }: Pick<Store, 'definitions'>, app: string): Promise<Waits> {
  const waiting: Waiting[] = [];
  const schedules = new Map<string, Schedule>();
  for (let after: string | undefined; ;) {
    const page = await definitions.list('Dag', app, { limit: BATCH, ...(after !== undefined && { after }) });
    for (const { name, spec } of page) {
      const { nodes, schedule } = spec as unknown as DagSpec;
      if (schedule !== undefined) schedules.set(name, schedule);
      const waits = waitsOf(nodes);
      if (waits.length > 0) waiting.push({ dag: name, schedule, waits });
    }
    if (page.length < BATCH) return { waiting, schedules };
    after = page.at(-1)!.name;
  }
}

/** The nodes that wait for cycles of DAGs. */
export const waitsOf = (nodes: DagSpec['nodes']): Waiting['waits'] =>
  Object.entries(nodes).flatMap(([node, { wait }]) => (wait !== undefined && 'dag' in wait ? [{ node, wait }] : []));

/**
 * What waits for a cycle of `dag`: cycles that are planned or have a run, oldest first, MOST_FED of a node. A run by hand, and one that is a node
 * of another, stands for a cycle that may not be planned.
 */
export async function feedsOf({ runs }: Pick<Store, 'runs'>, app: string, waits: Waits, dag: string, at: Instant): Promise<Feed[]> {
  const upstream = waits.schedules.get(dag);
  const feeds: Feed[] = [];
  for (const { dag: name, schedule, waits: own } of waits.waiting) {
    for (const { node, wait } of own) {
      if (wait.dag !== dag) continue;
      const found = (await runs.runs({ app, dag: name, ...reached(wait, at, schedule) }, { limit: MOST_FED })).filter(
        ({ cycle }) => cycle !== undefined && looksAt(wait, cycle, at, upstream),
      );
      const planned =
        schedule === undefined
          ? []
          : plannedOf(wait, at, schedule).filter((cycle) => looksAt(wait, { at: cycle, zone: schedule.timezone }, at, upstream));
      const taken = new Set(found.map(({ cycle }) => cycle!.at));
      const all = [
        ...found.map((run) => ({ cycle: run.cycle!.at, run })),
        ...planned.flatMap((cycle) => (taken.has(cycle) ? [] : [{ cycle, run: undefined }])),
      ].sort((a, b) => (a.cycle < b.cycle ? -1 : 1));
      feeds.push(...all.slice(0, MOST_FED).map((one) => ({ dag: name, node, of: wait.node, ...one })));
    }
  }
  return feeds;
}

/** Where runs are looked for; with a day more, because each goes by the zone of its own cycle. */
function reached({ window }: Wait, at: Instant, schedule: Schedule | undefined): { cycleFrom: Instant; cycleUntil: Instant } {
  if (window === undefined) return { cycleFrom: at, cycleUntil: at };
  const { from, to } = fedRange(parseWindow(window), at, schedule?.timezone ?? 'UTC');
  return { cycleFrom: formatInstant(from - DAY_MS), cycleUntil: formatInstant(to + DAY_MS) };
}

/** Cycles that the schedule of who waits plans. Without a window it is the same cycle. */
export function plannedOf({ window }: Wait, at: Instant, schedule: Schedule): Instant[] {
  if (window === undefined) return plans(schedule, at) ? [at] : [];
  return fedCycles(parseWindow(window), at, schedule, MOST_FED);
}

/** Whether a wait of a run that stands for `cycle` looks at this cycle of `upstream`. */
export function looksAt({ window, rule }: Wait, cycle: Pick<RunCycle, 'at' | 'zone'>, at: Instant, upstream: Schedule | undefined): boolean {
  if (window === undefined) return cycle.at === at;
  const { from, to } = windowRange(parseWindow(window), cycle.at, cycle.zone);
  if (parseInstant(at) < from || to <= parseInstant(at)) return false;
  // Of a DAG without planned cycles those count that have runs: which ones are the first or the last is known when it is looked.
  if (upstream === undefined || upstream.after !== undefined) return true;
  const parsed = parseWindowRule(rule ?? 'all');
  if (parsed.kind === 'all' || parsed.kind === 'any') return plans(upstream, at);
  try {
    return ruled(parsed, windowCycles(parseWindow(window), cycle.at, cycle.zone, upstream)).includes(at);
  } catch (error) {
    // More cycles than a window may hold: that node fails, whatever they do.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
