// P4: what is recorded is what the payload did: its end, its exit code, its output; never a guess.
import { jobIntents, type Evidence, type FinalJob, type Promised, type TruthLine, type Violation } from './evidence.ts';
import { stopsOf } from './run-stops.ts';

export const truthful: Promised = (evidence) => {
  const intents = new Map(jobIntents(evidence).map((intent) => [intent.requestId, intent]));
  return evidence.jobs.flatMap((job): Violation[] => {
    const intent = intents.get(job.view.requestId ?? '');
    if (!intent) return [];
    const kills = [
      ...evidence.calls.filter((call) => call.action === 'kill' && call.requestId === intent.requestId).map((call) => call.at),
      ...stopsOf(evidence, intent.requestId),
    ];
    // On a cluster more than the payload has to end: what it says it has killed had not ended, even if the payload had.
    const killedThere = new Set((evidence.cluster?.applications ?? []).flatMap(({ state, tags }) => (state === 'KILLED' ? tags : [])));
    const killAt = (key = ''): number => (killedThere.has(key) ? 0 : Math.min(...kills));
    const lies = [
      ...job.view.attempts.flatMap((attempt) => attemptLies(attempt, evidence.truth, intent.notesEnd, killAt(attempt.key))),
      ...logLies(job, intent, evidence.truth),
    ];
    if (!intent.may.includes(job.view.status))
      lies.push(`ended ${job.view.status} (${job.view.code ?? job.view.reason ?? ''}), meant ${intent.may.join(' or ')}`);
    return lies.map((message) => ({ promise: 'P4' as const, job: intent.requestId, message: `${intent.kind}: ${message}` }));
  });
};

/** What one attempt's record says against what its payload noted. A code other than EXIT_CODE means that Longshore ended it, which is no claim about the exit. */
function attemptLies(attempt: FinalJob['view']['attempts'][number], truth: readonly TruthLine[], notesEnd: boolean, killAt: number): string[] {
  const lines = truth.filter((line) => line.key === attempt.key);
  const start = lines.find((line) => line.event === 'start');
  const end = lines.find((line) => line.event === 'end');
  const said = `attempt ${attempt.attempt} is ${attempt.status}`;
  switch (attempt.status) {
    case 'SUCCEED':
      if (!start) return [`${said}, and its payload never ran`];
      if (!notesEnd) return [];
      return end?.exit === 0 ? [] : [`${said}, and its payload ${ending(end)}`];
    case 'FAILED':
      if (attempt.code !== 'EXIT_CODE') return [];
      if (!start) return [`${said} by its exit code, and its payload never ran`];
      if (!end || end.exit === 0) return [`${said} by its exit code, and its payload ${ending(end)}`];
      return attempt.exitCode === undefined || attempt.exitCode === end.exit
        ? []
        : [`${said} with exit code ${attempt.exitCode}, and it was ${end.exit}`];
    case 'KILLED':
      // Once a kill is asked for, an end that comes before the stop has reached the payload may be called either.
      return end && end.at < killAt ? [`${said}, and its payload had ended by itself: it ${ending(end)}`] : [];
    case 'START_FAILED':
    case 'CANCELED':
      return start ? [`${said}, and its payload ran (pid ${start.pid})`] : [];
    default:
      return [];
  }
}

const ending = (end: TruthLine | undefined): string => (end ? `exited ${end.exit}` : 'did not end');

/** The stored log is byte for byte what the payload printed; of one that did not reach its end, or could not write, a beginning of it. */
function logLies(job: FinalJob, intent: Evidence['intents'][number], truth: readonly TruthLine[]): string[] {
  if (job.log === undefined) return [];
  const newest = job.view.attempts.find((attempt) => attempt.attempt === job.view.attempt)?.key;
  const complete = truth.some((line) => line.key === newest && line.event === 'end' && line.unwritten !== true);
  if (complete ? job.log === intent.output : intent.output.startsWith(job.log)) return [];
  let same = 0;
  while (same < job.log.length && job.log[same] === intent.output[same]) same += 1;
  return [`its log has ${job.log.length} characters, the payload wrote ${intent.output.length}; they differ from ${same} on`];
}
