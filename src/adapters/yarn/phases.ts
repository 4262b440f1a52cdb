// From what YARN says of an application to an observation: the one table, so that every combination can be tested.
import type { OutcomeCode } from '../../specs/errors.ts';
import type { Observation } from '../../specs/execution.ts';
import { readApp, tagsOf, type App } from './answers.ts';

/** YarnApplicationState (Hadoop 3) → phase; FINISHED is decided by FinalApplicationStatus. What is not in here is unknown. */
export const STATES: { readonly [state: string]: 'pending' | 'running' | 'finished' | 'failed' | 'killed' } = {
  NEW: 'pending',
  NEW_SAVING: 'pending',
  SUBMITTED: 'pending',
  ACCEPTED: 'pending',
  RUNNING: 'running',
  FINISHED: 'finished',
  FAILED: 'failed',
  KILLED: 'killed',
};

/** FinalApplicationStatus of a FINISHED application → how it ended. UNDEFINED and ENDED say nothing about success, so they are unknown. */
export const FINAL_STATUSES: { readonly [status: string]: NonNullable<Observation['final']> } = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  KILLED: 'killed',
};

/** States of applications that live. */
export const LIVING = Object.keys(STATES).filter((state) => STATES[state] === 'pending' || STATES[state] === 'running');

/** Whether YARN says for good that it has ended. */
export const isOver = ({ state }: Pick<App, 'state'>): boolean => ['finished', 'failed', 'killed'].includes(kindOf(state) ?? '');

/** States of log aggregation after which nothing more comes; who does not say has none. */
const AGGREGATED = ['SUCCEEDED', 'FAILED', 'TIME_OUT', 'DISABLED'];
/** Whether all of its logs are where they will stay. */
export const isAggregated = (app: Pick<App, 'state' | 'logAggregationStatus'>): boolean =>
  isOver(app) && AGGREGATED.includes(app.logAggregationStatus ?? 'DISABLED');

const kindOf = (state: string) => (Object.hasOwn(STATES, state) ? STATES[state] : undefined);

const MAX_MESSAGE = 500;
/** Put before what the application master said, without a break, when the ResourceManager was restarted meanwhile. */
const RECOVERED = /^(?:Attempt recovered after RM restart)+/;
/** What our application master says of its payload. */
const EXIT = /^longshore exit code (\d{1,3})(?!\d)/;
/** Exit status -104 of a container: it used more physical memory than it had. */
const MEMORY = /exitCode: -104\b|running beyond the 'PHYSICAL' memory limit|beyond physical memory limits/;
/**
 * The cluster ended it by itself: its node was lost or is broken, others had precedence (by the exit status of its container), or its master was
 * not heard of, as when the ResourceManager died while it launched it.
 */
const TAKEN = /exitCode: -10[0126]\b|ApplicationMaster for attempt \S+ timed out/;
/** Of a master that ended by a signal: 128 + its number. */
const SIGNAL = /exitCode: (?:129|1[3-5]\d|16[0-4])\b/;
const REFUSED =
  /^(?:Application )?application_\d+_\d+ (?:submitted by user|rejected)|to unknown queue|submission of .* rejected|does not have permission to submit/i;

export function observe(app: App, now: Date): Observation {
  const { state, finalStatus } = app;
  const diagnostics = (app.diagnostics ?? '').replace(RECOVERED, '');
  const kind = kindOf(state);
  const common = {
    observedAt: now.toISOString(),
    raw: kind === 'finished' ? `${state} ${finalStatus}`.trim() : state,
    ...(isWeb(app.trackingUrl) && { trackingUrl: app.trackingUrl }),
    ...time('startedAt', app.launchTime ?? app.startedTime),
    ...resourcesOf(app),
    detail: detailOf(app),
  };
  const words = diagnostics.trim().slice(0, MAX_MESSAGE);
  const said = words === '' ? {} : { message: words };
  switch (kind) {
    case 'pending':
      return { ...common, ...said, phase: 'pending' };
    case 'running':
      return { ...common, phase: 'running', ...(app.progress !== undefined && app.progress > 0 && { progress: `${Math.round(app.progress)} %` }) };
    case 'killed':
      return {
        ...common,
        ...time('endedAt', app.finishedTime),
        phase: 'ended',
        final: 'killed',
        code: 'KILLED',
        message: words || 'killed on the cluster',
      };
    case 'failed':
      return { ...common, ...time('endedAt', app.finishedTime), ...said, phase: 'ended', final: 'failed', code: codeOf(app, diagnostics) };
    case 'finished': {
      const final = Object.hasOwn(FINAL_STATUSES, finalStatus) ? FINAL_STATUSES[finalStatus] : undefined;
      if (final === undefined)
        return { ...common, phase: 'unknown', message: `YARN says FINISHED with final status "${finalStatus}", which does not say how it ended` };
      const ended = { ...common, ...time('endedAt', app.finishedTime), phase: 'ended', final } as const;
      if (final === 'succeeded') return { ...ended, exitCode: 0 };
      if (final === 'killed') return { ...ended, ...said, code: 'KILLED' };
      const exitCode = Number(EXIT.exec(diagnostics)?.[1] ?? Number.NaN);
      if (Number.isNaN(exitCode)) return { ...ended, ...said, code: codeOf(app, diagnostics) };
      return { ...ended, exitCode, code: exitCode > 128 ? 'SIGNALED' : 'EXIT_CODE', message: words.replace('longshore ', '') };
    }
    default:
      return { ...common, phase: 'unknown', message: `YARN says state "${state.slice(0, 50)}", which Longshore does not know` };
  }
}

/** A row of the table, for people. */
export interface PhaseRow extends Pick<Observation, 'phase' | 'final' | 'code'> {
  readonly state: string;
  /** Only where it decides. */
  readonly finalStatus?: string;
}

const OTHER = 'any other';

/** What becomes of every state and final status; the code is what it is where the diagnostics say nothing. */
export function phaseTable(): PhaseRow[] {
  const states = [...Object.keys(STATES), OTHER];
  return states.flatMap((state) => {
    const finals = kindOf(state) === 'finished' ? [...Object.keys(FINAL_STATUSES), OTHER] : [undefined];
    return finals.map((finalStatus) => {
      const app = readApp({ app: { id: 'application_1_0001', state, finalStatus } })!;
      const { phase, final, code } = observe(app, new Date(0));
      return { state, ...(finalStatus && { finalStatus }), phase, ...(final && { final }), ...(code && { code }) };
    });
  });
}

function codeOf(app: App, diagnostics: string): OutcomeCode {
  if (MEMORY.test(diagnostics)) return 'MEMORY_LIMIT';
  if (diagnostics.startsWith('longshore: outputs cannot be stored')) return 'SUBMIT_FAILED';
  if (diagnostics.startsWith('longshore: ')) return 'START_ERROR';
  if (app.state === 'FAILED' && TAKEN.test(diagnostics)) return 'LOST';
  if (app.state === 'FAILED' && SIGNAL.test(diagnostics)) return 'SIGNALED';
  return app.amContainerLogs === undefined && REFUSED.test(diagnostics) ? 'START_REFUSED' : 'EXIT_CODE';
}

function resourcesOf({ allocatedMB, allocatedVCores }: App): Pick<Observation, 'resources'> {
  const memory = (allocatedMB ?? -1) * 1024 * 1024;
  if (memory < 0 || !Number.isFinite(memory)) return {};
  return { resources: { memory, ...(allocatedVCores !== undefined && { cpu: allocatedVCores }), limits: 'yarn' } };
}

/** What people want to see of it besides (exec_info); numbers as YARN gives them. */
function detailOf(app: App): NonNullable<Observation['detail']> {
  const { id, user, queue, applicationType, finalStatus, runningContainers, memorySeconds, vcoreSeconds, logAggregationStatus, amContainerLogs } =
    app;
  const amAttempt = /_(\d{2,6})_\d{6,}\/[^/]*$/.exec(amContainerLogs ?? '')?.[1];
  const shown = {
    application: id,
    user,
    queue,
    type: applicationType,
    tags: tagsOf(app).join(','),
    finalStatus,
    containers: runningContainers === -1 ? undefined : runningContainers,
    memorySeconds,
    vcoreSeconds,
    logs: logAggregationStatus,
    amAttempt: amAttempt === undefined ? undefined : Number(amAttempt),
  };
  return Object.fromEntries(Object.entries(shown).filter((entry): entry is [string, string | number] => entry[1] !== undefined && entry[1] !== ''));
}

const time = <Name extends string>(name: Name, ms: number | undefined): { [K in Name]?: string } =>
  ms !== undefined && ms > 0 && ms < 8e15 ? ({ [name]: new Date(ms).toISOString() } as { [K in Name]?: string }) : {};

const isWeb = (url: string | undefined): url is string => url !== undefined && /^https?:\/\//.test(url);
