// P6: nothing of a job starts after its kill, unless somebody reran it.
import type { Promised, Violation } from './evidence.ts';

export const killWins: Promised = ({ calls, truth, jobs, limits }) =>
  jobs.flatMap((job): Violation[] => {
    const requestId = job.view.requestId ?? job.view.id;
    // Those of a run are judged with it: it may be rerun as a whole.
    if (job.view.run !== undefined) return [];
    if (calls.some((call) => call.requestId === requestId && (call.action === 'rerun' || call.action === 'resolve'))) return [];
    const confirmed = job.events
      .filter((event) => event.type === 'status' && (event.status === 'KILLED' || event.status === 'CANCELED'))
      .map((event) => Date.parse(event.at));
    const requested = calls
      .filter((call) => call.requestId === requestId && call.action === 'kill' && call.status === 202)
      .map((call) => call.answeredAt! + limits.killGraceMs);
    const deadline = Math.min(...confirmed, ...requested);
    return truth
      .filter((line) => line.job === requestId && line.event === 'start' && line.at > deadline)
      .map((line) => ({
        promise: 'P6',
        job: requestId,
        message: `key ${line.key} started ${Math.round(line.at - deadline)} ms after its kill counted`,
      }));
  });
