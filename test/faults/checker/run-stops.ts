// When something asked for the end of what a run has under way.
import type { Evidence } from './evidence.ts';

/** The run that the job of this name belongs to, by its request id. */
const runOf = (job: string, { runIntents }: Pick<Evidence, 'runIntents'>) => runIntents.find(({ requestId }) => job.startsWith(`${requestId}/`));

/** When its run was killed, or began to stop everything because one of its payloads had failed; nothing for a job without a run. */
export function stopsOf(evidence: Evidence, job: string): number[] {
  const run = runOf(job, evidence);
  if (run === undefined) return [];
  const kills = evidence.calls.filter(({ action, requestId }) => action === 'kill' && requestId === run.requestId).map(({ at }) => at);
  const failures = evidence.truth.filter((line) => line.event === 'end' && line.exit !== 0 && line.job.startsWith(`${run.requestId}/`));
  return [...kills, ...(run.stops ? failures.map(({ at }) => at) : [])];
}
