// P3: once a job has ended, nothing alive carries its mark.
import { isEnd } from '../../../src/specs/status.ts';
import type { Promised } from './evidence.ts';

export const noOrphan: Promised = ({ processes, jobs }) => {
  const alive = new Set(jobs.filter((job) => !isEnd(job.view.status)).map((job) => job.view.requestId));
  return processes
    .filter((process) => process.job === undefined || !alive.has(process.job))
    .map((process) => ({
      promise: 'P3' as const,
      ...(process.job === undefined ? {} : { job: process.job }),
      message: `process ${process.pid} outlived its job (key ${process.key ?? 'none'}): ${process.command}`,
    }));
};
