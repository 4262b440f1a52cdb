// Named places where tests crash a process, and named guards that tests remove to prove that the suite would notice.
// Both are no-ops unless a process was started with a fault plan (config `faults`, never read from a request).

/** What happens at a crash point: SIGKILL or SIGSTOP to this process, or an error thrown. `hit` counts from 1; default 1. */
export interface CrashPlan {
  readonly point: string;
  readonly action: 'kill' | 'stop' | 'throw';
  readonly hit?: number;
}
export interface FaultPlan {
  readonly crash?: readonly CrashPlan[];
  readonly without?: readonly Guard[];
  /** Called points are appended here, one name a line, so that a test can see that a point was reached. */
  readonly journal?: string;
  /** Runs of DAGs that this process creates continue as new after so many history events: a small number makes that happen all the time. */
  readonly historyBudget?: number;
}

/** The mechanisms that keep the promises; each can be removed in a test, and then the fault suite must fail. */
export const GUARDS = [
  'find',
  'gate',
  'latch',
  'tombstone',
  'reject-duplicate',
  'kill-settle',
  'log-offset',
  'record-sequence',
  'lease-release',
  'sweep',
  'announced-clean',
  'same-node-job',
] as const;
export type Guard = (typeof GUARDS)[number];

type Hook = { crash(point: string): void; removed(guard: Guard): boolean; readonly historyBudget?: number | undefined };
let hook: Hook | undefined;

/** Installed once by a process that was started with a fault plan. */
export function installFaults(installed: Hook): void {
  hook = installed;
}

/** A named place in the code where a crash matters. */
export function crashPoint(point: string): void {
  hook?.crash(point);
}

/** Whether a guard stands; only a test with a fault plan can remove it. */
export function guardStands(guard: Guard): boolean {
  return hook === undefined || !hook.removed(guard);
}

/** The history budget of new runs, where a test has set one. */
export function plannedBudget(): { readonly historyBudget?: number } {
  return hook?.historyBudget === undefined ? {} : { historyBudget: hook.historyBudget };
}
