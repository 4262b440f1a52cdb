// When the nodes of a run waited, ran and ended: a Gantt chart by attempt, and the chain of nodes that decided how long the run took.
import type { DagPlan } from '../specs/dag.ts';
import type { NodeSummary, TimelineView } from '../specs/run-views.schema.ts';
import type { Caller, Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { placeAfter } from './read-runs.ts';
import { hasItems, nodesOf, type RunNodes } from './run-nodes.ts';

export interface RunTimelineArgs {
  readonly runId: string;
  readonly limit: number;
  /** `next` of the page before: a node's name. */
  readonly cursor?: string | undefined;
}

/** A page of nodes in the order of the DAG; the critical path is that of the whole run. */
export async function runTimeline(deps: Deps, caller: Caller, args: RunTimelineArgs): Promise<TimelineView> {
  const nodes = await nodesOf(deps, await ownRun(deps, caller, args.runId));
  const from = placeAfter(nodes, args.cursor);
  const page = nodes.summaries.slice(from, from + args.limit);
  const items: TimelineView['items'] = [];
  for (const node of page) items.push({ name: node.name, kind: node.kind, status: node.status, attempts: await barsOf(deps, node) });
  const more = from + page.length < nodes.summaries.length;
  return { items, ...(more && { next: page.at(-1)!.name }), criticalPath: criticalPath(nodes, Date.now()) };
}

type Bar = TimelineView['items'][number]['attempts'][number];

/** The attempts of its job; of a node without a job of its own the newest attempt, as the run tells it. */
async function barsOf(deps: Deps, node: NodeSummary): Promise<Bar[]> {
  const { attempt, status, jobId, startedAt, endedAt } = node;
  if (jobId !== undefined && !hasItems(node)) {
    const rows = await deps.store.executions.attempts(jobId);
    return rows.map((row) => ({ attempt: row.attempt, status: row.status, queuedAt: row.createdAt, startedAt: row.startedAt, endedAt: row.endedAt }));
  }
  return startedAt === undefined ? [] : [{ attempt, status, queuedAt: startedAt, startedAt, endedAt }];
}

interface Span {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** The nodes that ran before this one: its needs, and of those that were not run theirs. */
function upstream({ nodes }: DagPlan, spans: readonly (Span | undefined)[], index: number): Span[] {
  const seen = new Set(nodes[index]!.needs ?? []);
  // A set is walked also over what is added meanwhile.
  for (const node of seen) if (spans[node] === undefined) for (const need of nodes[node]!.needs ?? []) seen.add(need);
  return [...seen].flatMap((node) => spans[node] ?? []);
}

const seconds = (ms: number): number => Math.round(Math.max(0, ms)) / 1_000;

/** From the node that ended last back to the first one, each time to the need that ended last; what still runs ends now. */
function criticalPath({ plan, summaries }: Pick<RunNodes, 'plan' | 'summaries'>, now: number): TimelineView['criticalPath'] {
  const spans = summaries.map(({ startedAt, endedAt }, index): Span | undefined =>
    startedAt === undefined ? undefined : { index, start: Date.parse(startedAt), end: endedAt === undefined ? now : Date.parse(endedAt) },
  );
  const latest = (candidates: readonly (Span | undefined)[]): Span | undefined =>
    candidates.reduce((best, span) => (span !== undefined && (best === undefined || span.end > best.end) ? span : best), undefined);
  const path: Span[] = [];
  for (let span = latest(spans); span !== undefined;) {
    path.unshift(span);
    const { index, start } = span;
    // A need that was run again later did not hold up this attempt.
    span = latest(upstream(plan, spans, index).filter(({ end }) => end <= start));
  }
  return {
    seconds: path.length === 0 ? 0 : seconds(path.at(-1)!.end - path[0]!.start),
    nodes: path.map(({ index, start, end }, i) => ({
      name: summaries[index]!.name,
      seconds: seconds(end - start),
      waited: i === 0 ? 0 : seconds(start - path[i - 1]!.end),
    })),
  };
}
