// P1: for one attempt key the payload runs at most once, and nothing runs under a key that no attempt has.
import { groupBy } from './group.ts';
import type { Promised, Violation } from './evidence.ts';

export const noDoubleStart: Promised = ({ truth, jobs }) => {
  const known = new Map(jobs.flatMap((job) => job.view.attempts.flatMap((a) => (a.key === undefined ? [] : [[a.key, job.view.requestId] as const]))));
  const violations: Violation[] = [];
  for (const [key, starts] of groupBy(
    truth.filter((line) => line.event === 'start'),
    (line) => line.key,
  )) {
    const job = starts[0]!.job;
    if (starts.length > 1) violations.push({ promise: 'P1', job, message: `key ${key} was started ${starts.length} times: pids ${pids(starts)}` });
    if (!known.has(key)) violations.push({ promise: 'P1', job, message: `started under key ${key}, which no attempt has (pid ${pids(starts)})` });
    else if (known.get(key) !== undefined && known.get(key) !== job)
      violations.push({ promise: 'P1', job, message: `started under key ${key} of job ${known.get(key)}` });
  }
  return violations;
};

const pids = (lines: readonly { pid: number }[]): string => lines.map((line) => line.pid).join(', ');
