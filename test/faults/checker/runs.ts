// P2, P4, P5 and P6 of runs of DAGs: accepted runs end, once for each request id, as their nodes did, and nothing starts after the end.
import { isEnd, STATUSES } from '../../../src/specs/status.ts';
import { groupBy } from './group.ts';
import { accepted } from './p2-lost-job.ts';
import type { Evidence, FinalRun, Promised, RunIntent, Violation } from './evidence.ts';

/** Ends of nodes that are not run. */
const OWN_ENDS: readonly string[] = ['SKIPPED', 'DISABLED'];
const ENDS: readonly string[] = [...OWN_ENDS, ...STATUSES.filter(isEnd)];

/** Whether this status of a node is an end. */
export const isNodeEnd = (status: string): boolean => ENDS.includes(status);

/** What a run is called: by its creator, else by its id. */
export const nameOf = ({ view }: FinalRun): string => view.requestId ?? `run ${view.id}`;

/** P2: what was accepted ends; Temporal and the API know the same runs. */
export const noLostRun: Promised = ({ runIntents, runs, calls, workflows }) => {
  const violations: Violation[] = [];
  const lost = (job: string, message: string): void => void violations.push({ promise: 'P2', job, message });
  for (const { requestId } of runIntents) {
    const yes = calls.find((call) => call.action === 'create' && call.requestId === requestId && accepted(call.status));
    if (yes && !runs.some(({ view }) => view.id === yes.jobId)) lost(requestId, `accepted as run ${yes.jobId}, and now nobody knows it`);
  }
  for (const run of runs) if (run.view.status !== 'FINISH') lost(nameOf(run), `never ended: ${run.view.status}`);
  const shown = new Set(runs.map(({ view }) => view.workflowId));
  for (const { workflowId, status } of workflows.filter((workflow) => workflow.workflowId.startsWith('dag:'))) {
    if (!shown.has(workflowId)) lost(workflowId, 'Temporal has its workflow and the API does not list it');
    if (status === 'FAILED' || status === 'CANCELLED' || status === 'TIMED_OUT')
      lost(workflowId, `its workflow closed ${status}: that of a run always completes`);
  }
  return violations;
};

/** P5: one request id is one run, one node or item one job; the run begins anew only when somebody asked for it. */
export const oneRun: Promised = ({ runs, jobs, calls, workflows }) => {
  const violations: Violation[] = [];
  const broken = (job: string, message: string): void => void violations.push({ promise: 'P5', job, message });
  for (const [name, group] of groupBy(runs, nameOf))
    if (group.length > 1) broken(name, `${group.length} runs carry this request id: ${group.map(({ view }) => view.id).join(', ')}`);
  for (const [place, group] of groupBy(
    jobs.filter(({ view }) => view.run !== undefined),
    ({ view }) => `${view.run}/${view.node}/${view.item ?? ''}`,
  ))
    if (group.length > 1) broken(place, `${group.length} jobs stand at this place: ${group.map(({ view }) => view.id).join(', ')}`);
  const executions = groupBy(workflows, ({ workflowId }) => workflowId);
  for (const run of runs) {
    const again = calls.filter(({ requestId, action }) => requestId === run.view.requestId && (action === 'rerun' || action === 'resolve')).length;
    // One that somebody has terminated is opened again by the next message, whatever that wants.
    const count = (executions.get(run.view.workflowId) ?? []).filter(({ status }) => status !== 'CONTINUED_AS_NEW' && status !== 'TERMINATED').length;
    if (count > 1 + again) broken(nameOf(run), `its workflow ran ${count} times, with ${again} reruns asked for`);
  }
  return violations;
};

/** P4: a run that has ended has nodes that all have, each as its jobs did, and the outcome follows from them. */
export const runsAgree: Promised = (evidence) =>
  evidence.runs
    .filter(({ view }) => view.status === 'FINISH')
    .flatMap((run) => {
      const intent = evidence.runIntents.find(({ requestId }) => requestId === run.view.requestId);
      const lies = [...nodeLies(run, evidence), ...outcomeLies(run, evidence), ...(intent ? meantOtherwise(run, intent) : [])];
      return lies.map((message) => ({ promise: 'P4' as const, job: nameOf(run), message }));
    });

function nodeLies({ view, nodes }: FinalRun, { jobs }: Evidence): string[] {
  const own = groupBy(
    jobs.filter((job) => job.view.run === view.id),
    (job) => job.view.node,
  );
  return nodes.flatMap(({ name, kind, status, items }) => {
    const said = `node ${name} is ${status}`;
    if (!isNodeEnd(status)) return [`the run has ended, and ${said}`];
    const its = (own.get(name) ?? []).map((job) => job.view);
    const open = its.filter((job) => !isEnd(job.status));
    if (open.length > 0) return open.map((job) => `${said}, and its job ${job.id} is ${job.status}`);
    if (kind === 'job' && its.length > 0 && !OWN_ENDS.includes(status))
      return its[0]!.status === status ? [] : [`${said}, and its job ended ${its[0]!.status}`];
    if (status === 'SUCCEED' && its.some((job) => job.status !== 'SUCCEED')) return [`${said}, and not all of its jobs succeeded`];
    if (status === 'SUCCEED' && items?.total !== undefined && its.filter((job) => job.item !== 'final').length !== items.total)
      return [`${said} with ${items.total} items, and has jobs for ${its.length}`];
    return [];
  });
}

function outcomeLies({ view, nodes }: FinalRun, { calls }: Evidence): string[] {
  const said = `the run ended ${view.outcome}`;
  const failed = nodes.filter(({ status, ignored }) => ignored !== true && !['SUCCEED', ...OWN_ENDS].includes(status));
  switch (view.outcome) {
    case 'SUCCEED':
      return failed.map(({ name, status }) => `${said}, and node ${name} is ${status}`);
    case 'FAILED':
      return failed.length > 0 ? [] : [`${said}, and no node failed`];
    case 'KILLED':
      return view.parent !== undefined || calls.some(({ action, requestId }) => action === 'kill' && requestId === view.requestId)
        ? []
        : [`${said}, and nobody asked for it`];
    default:
      return ['the run ended without an outcome'];
  }
}

const meantOtherwise = ({ view }: FinalRun, { may }: RunIntent): string[] =>
  view.outcome !== undefined && may.includes(view.outcome) ? [] : [`ended ${view.outcome} (${view.reason ?? ''}), meant ${may.join(' or ')}`];

/** P6: between the end of a run and its next generation nothing of it starts; nor after a kill that nobody took back. */
export const endIsEnd: Promised = ({ runs, truth, calls, limits }) =>
  runs.flatMap((run) => {
    const { requestId } = run.view;
    if (requestId === undefined) return [];
    const starts = truth.filter((line) => line.event === 'start' && line.job.startsWith(`${requestId}/`));
    const said = (key: string, message: string): Violation => ({ promise: 'P6', job: requestId, message: `key ${key} started ${message}` });
    const late = starts.flatMap((line) => {
      const before = run.events.findLast((event) => Date.parse(event.at) < line.at);
      const since = before === undefined ? 0 : line.at - Date.parse(before.at);
      return before?.status === 'FINISH' ? [said(line.key, `${since} ms after the end of its run (event ${before.seq})`)] : [];
    });
    if (calls.some((call) => call.requestId === requestId && (call.action === 'rerun' || call.action === 'resolve'))) return late;
    const kills = calls.filter((call) => call.requestId === requestId && call.action === 'kill' && call.status === 202);
    const deadline = Math.min(...kills.map(({ answeredAt }) => answeredAt! + limits.killGraceMs));
    return [
      ...late,
      ...starts.filter(({ at }) => at > deadline).map(({ key, at }) => said(key, `${at - deadline} ms after the kill of its run counted`)),
    ];
  });
