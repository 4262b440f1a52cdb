// P10: a node starts only after the end of what it needs, by what the payloads noted.
import type { NodeIntent, Promised, RunIntent, TruthLine } from './evidence.ts';

export const needsFirst: Promised = ({ runIntents, truth }) =>
  runIntents.flatMap((run) => {
    const lines = truth.filter((line) => line.job.startsWith(`${run.requestId}/`)).sort((a, b) => a.at - b.at);
    return run.nodes.flatMap((node) =>
      lines
        .filter((line) => line.event === 'start' && node.jobs.some(({ requestId }) => requestId === line.job))
        .flatMap((start) => tooEarly(start, node, run, lines))
        .map((message) => ({ promise: 'P10' as const, job: run.requestId, message })),
    );
  });

function tooEarly(start: TruthLine, node: NodeIntent, { nodes }: RunIntent, lines: readonly TruthLine[]): string[] {
  return Object.entries(node.needs).flatMap(([name, on]) => {
    const needed = nodes.find((one) => one.name === name)!;
    // What each job of it had noted last by then.
    const last = needed.jobs.map(({ requestId }) => lines.findLast((line) => line.job === requestId && line.at <= start.at));
    const met = on === 'success' ? last.every((line) => line?.exit === 0) : last.some((line) => line?.exit !== undefined && line.exit !== 0);
    if (met) return [];
    const open = last.findIndex((line) => line?.exit !== 0);
    const known = last[open];
    const how = known === undefined ? 'had not started' : known.event === 'start' ? 'was running' : `had exited ${known.exit}`;
    return [`${start.job} started, and ${needed.jobs[Math.max(0, open)]!.requestId}, whose ${on} it needs, ${how}`];
  });
}
