// Which cycles of another DAG a node still waits for.
import { ruled, windowCycles, windowRange } from './window.ts';
import type { NodeSpec } from '../specs/dag-node.schema.ts';
import type { DagSpec } from '../specs/dag.schema.ts';
import type { RunInput } from '../specs/run.ts';
import { formatInstant } from '../specs/schedule-time.ts';
import { describeWindow, parseWindow, parseWindowRule, type WindowRule } from '../specs/schedule-window.ts';
import type { Schedule } from '../specs/schedule.schema.ts';
import type { RunRow, Store } from '../store/contract.ts';

type Wait = Extract<NonNullable<NodeSpec['wait']>, { readonly dag: string }>;

/** What is missing, in words; `failed`: it can never be met. Undefined: nothing is. */
type Missing = { readonly missing: string } | { readonly failed: string } | undefined;

type Sources = Pick<Store, 'definitions' | 'runs'>;

/** Runs looked at in one window of a DAG without planned cycles. */
const MOST_RUNS = 1_000;

export async function missingCycles({ definitions, runs }: Sources, run: Pick<RunInput, 'app' | 'cycle'>, wait: Wait): Promise<Missing> {
  const { app, cycle } = run;
  if (cycle === undefined) return { failed: `the run stands for no cycle, so that there is none of ${wait.dag} to wait for` };
  const definition = await definitions.get('Dag', app, wait.dag);
  const schedule = (definition?.spec as unknown as DagSpec | undefined)?.schedule;
  const rule = parseWindowRule(wait.rule ?? 'all');
  try {
    const cycles = await cyclesOf(runs, run, cycle, wait, schedule);
    if (cycles.length === 0) return nothingIn(wait, rule, definition !== undefined, schedule);
    return await unmet(runs, app, wait, rule, ruled(rule, cycles));
  } catch (error) {
    // More cycles than a window may hold.
    if (error instanceof RangeError) return { failed: `${wait.dag}: ${error.message}` };
    throw error;
  }
}

/** The cycles of the window, oldest first: the planned ones, or where none are planned those that runs stand for. */
async function cyclesOf(
  runs: Sources['runs'],
  { app }: Pick<RunInput, 'app'>,
  cycle: NonNullable<RunInput['cycle']>,
  wait: Wait,
  schedule: Schedule | undefined,
): Promise<string[]> {
  if (wait.window === undefined) return [cycle.at];
  const window = parseWindow(wait.window);
  if (schedule !== undefined && schedule.after === undefined) return windowCycles(window, cycle.at, cycle.zone, schedule);
  const { from, to } = windowRange(window, cycle.at, cycle.zone);
  const filter = { app, dag: wait.dag, cycleFrom: formatInstant(from), cycleUntil: formatInstant(to - 1_000) };
  const found = await runs.runs(filter, { limit: MOST_RUNS });
  return [...new Set(found.flatMap((row) => row.cycle?.at ?? []))].sort();
}

/** A window without cycles asks for nothing; where none are planned one may still come. */
function nothingIn({ dag, window }: Wait, rule: WindowRule, isThere: boolean, schedule: Schedule | undefined): Missing {
  const when = describeWindow(parseWindow(window!));
  if (!isThere) return { missing: `there is no DAG ${dag}` };
  if (schedule === undefined || schedule.after !== undefined) return { missing: `no run of ${dag} stands for ${when}` };
  return rule.kind === 'any' ? { failed: `${dag} has no cycle in its window: ${when}` } : undefined;
}

async function unmet(runs: Sources['runs'], app: string, wait: Wait, rule: WindowRule, cycles: readonly string[]): Promise<Missing> {
  const found = new Map((await runs.ofCycles(app, wait.dag, cycles)).map((row) => [row.cycle!.at, row]));
  const open: string[] = [];
  for (const at of cycles) {
    const state = await stateOf(runs, found.get(at), wait);
    if (state === 'met' && rule.kind === 'any') return undefined;
    if (state !== 'met') open.push(`${at} ${state}`);
  }
  if (open.length === 0) return undefined;
  const what = wait.node === undefined ? wait.dag : `node ${wait.node} of ${wait.dag}`;
  const [first, ...more] = open;
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  return { missing: rule.kind === 'any' ? `${what}: no cycle of ${cycles.length} has succeeded; ${first}${others}` : `${what}: ${first}${others}` };
}

/** How a cycle stands, in words that follow its time. */
async function stateOf(runs: Sources['runs'], row: RunRow | undefined, { node }: Wait): Promise<string> {
  if (row === undefined) return 'has no run yet';
  if (node === undefined) {
    if (row.status !== 'FINISH') return `is ${row.status}`;
    return row.outcome === 'SUCCEED' ? 'met' : `has ended ${row.outcome}`;
  }
  const [known] = await runs.nodes(row.runId, [node]);
  if (known?.status === 'SUCCEED') return 'met';
  if (known === undefined) return row.status === 'FINISH' ? 'has ended without that node' : 'has not come to it yet';
  return known.status === 'job' ? 'is under way' : `is ${known.status}`;
}
