// P2: what was accepted ends; what runs is known; what was refused never runs.
import { isEnd } from '../../../src/specs/status.ts';
import type { Promised, Violation } from './evidence.ts';

/** What was answered with 2xx. */
export const accepted = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300;
const refused = (status: number | undefined): boolean => status !== undefined && status >= 400 && status < 500;

export const noLostJob: Promised = ({ intents, calls, truth, jobs, workflows }) => {
  const violations: Violation[] = [];
  const lost = (job: string, message: string): void => void violations.push({ promise: 'P2', job, message });
  const byId = new Map(jobs.map((job) => [job.view.id, job]));
  const byRequest = new Map(jobs.map((job) => [job.view.requestId, job]));

  for (const { requestId, may } of intents) {
    const creates = calls.filter((call) => call.requestId === requestId && call.action === 'create');
    const yes = creates.find((call) => accepted(call.status));
    const job = (yes?.jobId === undefined ? undefined : byId.get(yes.jobId)) ?? byRequest.get(requestId);
    const ran = truth.some((line) => line.job === requestId);
    if (yes && !job) lost(requestId, `accepted as job ${yes.jobId}, and now nobody knows it`);
    if (!job && ran) lost(requestId, 'its payload ran and the API does not list it');
    if (ran && creates.length > 0 && creates.every((call) => refused(call.status))) lost(requestId, 'refused, and its payload ran');
    if (!job) continue;
    const { status, reason } = job.view;
    if (isEnd(status)) continue;
    if (status !== 'UNKNOWN' || !may.includes('UNKNOWN')) lost(requestId, `never ended: ${status}${reason === undefined ? '' : ` (${reason})`}`);
    else if (reason === undefined || reason === '') lost(requestId, 'UNKNOWN without a reason');
  }
  // Conservation: what Temporal holds and what the API shows are the same jobs.
  const shown = new Set(jobs.map((job) => job.view.workflowId));
  for (const { workflowId, status } of workflows) {
    if (!workflowId.startsWith('job:')) continue;
    if (!shown.has(workflowId)) lost(workflowId, 'Temporal has its workflow and the API does not list it');
    if (status === 'FAILED' || status === 'CANCELLED' || status === 'TIMED_OUT')
      lost(workflowId, `its workflow closed ${status}: a job's workflow always completes`);
  }
  return violations;
};
