// What Temporal shows of a run, and what its query answers.
import type { DagPlan } from '../../specs/dag.ts';
import type { RunSnapshot } from '../../specs/run.ts';
import type { JobRun } from '../job/job.run.ts';
import type { DagState, Phase } from './dag.state.ts';

/** With more nodes the counts are made only when somebody asks. */
const MOST_COUNTED = 1_000;
const MOST_NAMED = 20;

function phaseCounts({ phases }: Pick<DagState, 'phases'>): { [P in Phase]?: number } {
  const counts: { [P in Phase]?: number } = {};
  for (const phase of phases) counts[phase] = (counts[phase] ?? 0) + 1;
  return counts;
}

/** Markdown of status, counts, and what is under way. */
export function runDetails({ nodes }: DagPlan, state: DagState, reason: string | undefined): string {
  const counts = nodes.length > MOST_COUNTED ? [] : Object.entries(phaseCounts(state)).map(([phase, count]) => `${count} ${phase}`);
  const live = state.live.slice(0, MOST_NAMED).map((node) => `\`${nodes[node]!.name}\``);
  const more = state.live.length - live.length;
  const lines = [
    `**${state.outcome ?? state.status}**${state.paused ? ' · paused' : ''} · generation ${state.generation} · ${nodes.length} nodes`,
    reason,
    counts.join(', '),
    live.length > 0 && `under way: ${live.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  ];
  return lines.filter(Boolean).join('\n\n').slice(0, 10_000);
}

export const snapshotOf = (
  state: DagState,
  more: Pick<RunSnapshot, 'runId' | 'seq' | 'appliedIds' | 'queued'>,
  jobs: Iterable<{ readonly path: string; readonly job: JobRun }>,
): RunSnapshot => ({
  ...more,
  status: state.status,
  ...(state.outcome && { outcome: state.outcome }),
  generation: state.generation,
  paused: state.paused,
  killed: state.killed,
  phases: phaseCounts(state),
  jobs: Object.fromEntries([...jobs].map(({ path, job }) => [path, { ...job.snapshot(), jobId: job.input.jobId }])),
});
