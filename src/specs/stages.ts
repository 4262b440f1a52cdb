// The container lifecycle as one list. Neighbours on one task queue share a Temporal activity, because each activity costs
// about 30 ms and six history events; every step keeps its own name in events, timings, errors and crash points.

/** The steps of the container lifecycle, in order. */
const STEPS = ['initialize', 'prepare', 'start', 'describe', 'check', 'stop', 'submit', 'clean'] as const;
export type Step = (typeof STEPS)[number];

/** The activity that carries out a step. */
export type StageActivity = 'launch' | 'describe' | 'stop' | 'finish';

/**
 * One step within one activity.
 * `timeout`: how long it may take. `attempts`: how often the step itself is tried within the activity.
 */
export interface Stage {
  readonly step: Step;
  readonly activity: StageActivity;
  readonly timeout: string;
  readonly attempts: number;
}

/** The lifecycle: what `launch`, `describe`, `stop` and `finish` are made of. */
export const STAGES: readonly Stage[] = [
  { step: 'initialize', activity: 'launch', timeout: '1m', attempts: 1 },
  { step: 'prepare', activity: 'launch', timeout: '10m', attempts: 3 },
  { step: 'start', activity: 'launch', timeout: '2m', attempts: 1 },
  { step: 'describe', activity: 'describe', timeout: '30s', attempts: 1 },
  { step: 'check', activity: 'describe', timeout: '1m', attempts: 1 },
  { step: 'stop', activity: 'stop', timeout: '10m', attempts: 1 },
  { step: 'submit', activity: 'finish', timeout: '30m', attempts: 3 },
  { step: 'clean', activity: 'finish', timeout: '10m', attempts: 3 },
];
