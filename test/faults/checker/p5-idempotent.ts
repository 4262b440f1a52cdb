// P5: one request id is one job, whoever asks how often; the same id with another spec is refused.
import { groupBy } from './group.ts';
import type { Promised, Violation } from './evidence.ts';

export const idempotent: Promised = ({ calls, jobs, workflows }) => {
  const violations: Violation[] = [];
  const broken = (job: string, message: string): void => void violations.push({ promise: 'P5', job, message });
  for (const [requestId, group] of groupBy(calls, (call) => call.requestId)) {
    const ids = new Set(group.flatMap((call) => (call.action === 'create' && call.jobId !== undefined ? [call.jobId] : [])));
    if (ids.size > 1) broken(requestId, `the same request made jobs ${[...ids].join(' and ')}`);
    for (const call of group) {
      if (call.action === 'conflict' && call.status !== undefined && call.status < 500 && call.status !== 409) {
        broken(requestId, `another spec under the same request id was answered ${call.status}, not 409`);
      }
    }
  }
  for (const [requestId, group] of groupBy(jobs, (job) => job.view.requestId ?? `job ${job.view.id}`)) {
    if (group.length > 1) broken(requestId, `${group.length} jobs carry this request id: ${group.map((job) => job.view.id).join(', ')}`);
  }
  const runs = groupBy(workflows, (workflow) => workflow.workflowId);
  // One of a run has no workflow of its own.
  for (const job of jobs.filter(({ view }) => view.run === undefined)) {
    const requestId = job.view.requestId ?? job.view.id;
    const reruns = calls.filter((call) => call.requestId === requestId && (call.action === 'rerun' || call.action === 'resolve')).length;
    const count = (runs.get(job.view.workflowId) ?? []).filter(({ status }) => status !== 'CONTINUED_AS_NEW').length;
    if (count > 1 + reruns) broken(requestId, `its workflow ran ${count} times, with ${reruns} reruns asked for`);
  }
  return violations;
};
