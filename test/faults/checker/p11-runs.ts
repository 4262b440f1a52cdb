// P11 of runs: events without gap, a run goes back only by a new generation, and no reader sees otherwise.
import type { RunStatus } from '../../../src/specs/dag.ts';
import { groupBy } from './group.ts';
import type { Evidence, FinalRun, Promised } from './evidence.ts';
import { isNodeEnd, nameOf } from './runs.ts';

const ORDER: Record<RunStatus, number> = { WAITING: 0, RUNNING: 1, FINISH: 2 };

export const runsMonotonic: Promised = ({ runs, runSightings }) => {
  const seen = groupBy(runSightings, ({ runId }) => runId);
  return runs.flatMap((run) =>
    [...numbering(run), ...statuses(run), ...nodes(run), ...readings(seen.get(run.view.id) ?? [])].map((message) => ({
      promise: 'P11' as const,
      job: nameOf(run),
      message,
    })),
  );
};

const numbering = ({ events }: FinalRun): string[] =>
  events.flatMap((event, i) => (event.seq === i + 1 ? [] : [`event ${i + 1} in the list is numbered ${event.seq}`])).slice(0, 1);

function statuses({ view, events }: FinalRun): string[] {
  const faults: string[] = [];
  for (const [i, event] of events.entries()) {
    const before = events[i - 1];
    if (before === undefined) continue;
    if (event.generation < before.generation) faults.push(`event ${event.seq} goes back from generation ${before.generation} to ${event.generation}`);
    if (event.generation !== before.generation) continue;
    if (ORDER[event.status] < ORDER[before.status]) faults.push(`event ${event.seq} goes from ${before.status} to ${event.status}`);
    if (before.outcome !== undefined && event.outcome !== before.outcome)
      faults.push(`generation ${event.generation} ended ${before.outcome} and then ${event.outcome} (event ${event.seq})`);
  }
  const last = events.at(-1);
  if (last && (last.status !== view.status || last.outcome !== view.outcome))
    faults.push(`the last event says ${last.status} ${last.outcome}, the run ${view.status} ${view.outcome}`);
  return faults;
}

/** A node ends once in a generation, and its attempts only count up. What a mark or a rerun has opened begins anew. */
function nodes({ view, events, nodes: shown }: FinalRun): string[] {
  const faults: string[] = [];
  const known = new Map<string, { status: string; attempt: number; generation: number }>();
  for (const { seq, generation, nodes: changes } of events) {
    for (const { node, status, attempt } of changes) {
      const before = known.get(node);
      known.set(node, { status, attempt, generation });
      if (before === undefined) continue;
      if (attempt < before.attempt) faults.push(`node ${node} goes back from attempt ${before.attempt} to ${attempt} (event ${seq})`);
      if (isNodeEnd(before.status) && status !== before.status && generation === before.generation)
        faults.push(`node ${node} ended ${before.status} and then was ${status} in generation ${generation} (event ${seq})`);
    }
  }
  if (view.status === 'FINISH')
    for (const { name, status } of shown) {
      const told = known.get(name)?.status;
      if (told !== undefined && told !== status) faults.push(`node ${name} is ${status}, the events end with ${told}`);
    }
  return faults;
}

const said = ({ status, outcome, generation }: Evidence['runSightings'][number]): string =>
  `${[status, outcome].filter(Boolean).join(' ')} of generation ${generation}`;

function readings(sightings: Evidence['runSightings']): string[] {
  const faults = new Set<string>();
  for (const now of sightings) {
    // Two requests that overlap may be answered in either order.
    for (const before of sightings.filter((other) => other.at < now.askedAt)) {
      const back = now.generation < before.generation || (now.generation === before.generation && ORDER[now.status] < ORDER[before.status]);
      const two = now.generation === before.generation && before.outcome !== undefined && now.outcome !== before.outcome;
      if (back || two) faults.add(`a reader saw ${said(before)} and then ${said(now)}`);
    }
  }
  return [...faults];
}
