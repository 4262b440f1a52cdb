// When a document would run by itself: computed here, so that it is seen before it is saved, and without a server.
import { describeSchedule } from '../schedules/describe.ts';
import { nextFires } from '../schedules/next-fires.ts';
import { formatInstant } from '../specs/schedule-time.ts';
import { scheduleSchema } from '../specs/schedule.schema.ts';
import type { CycleView, NextFireView, ScheduleSummary } from '../specs/schedule-views.schema.ts';
import type { Loaded } from './documents.ts';
import type { Column } from './output.ts';

/** Cycles shown when a document is applied. */
const SHOWN = 3;

export interface Preview {
  readonly kind: string;
  readonly name: string;
  readonly words: string;
  readonly upcoming: NextFireView[];
}

/** Undefined for a document without a schedule. `app`: jitter follows from it. */
export function previewOf({ kind, name, spec }: Pick<Loaded, 'kind' | 'name' | 'spec'>, count: number, app = ''): Preview | undefined {
  if (spec['schedule'] === undefined) return undefined;
  const schedule = scheduleSchema.parse(spec['schedule']);
  return { kind, name, words: describeSchedule(schedule), upcoming: nextFires(schedule, formatInstant(Date.now()), count, `${app}/${name}`) };
}

/** "Job nightly: At 06:00, Europe/Berlin …" and the next times, for people. */
export function previewText(document: Loaded, app?: string): string | undefined {
  const preview = previewOf(document, SHOWN, app);
  if (preview === undefined) return undefined;
  const next = preview.upcoming.map(({ local, reason }) => `\n  ${local}${reason === undefined ? '' : `  skipped: ${reason}`}`).join('');
  return `${preview.kind} ${preview.name} runs by itself: ${preview.words}${next === '' ? '' : `\n  next:${next.replaceAll('\n  ', '\n    ')}`}`;
}

export const fireColumns: Column<NextFireView>[] = [
  { title: 'CYCLE', value: (fire) => fire.cycle },
  { title: 'LOCAL', value: (fire) => fire.local },
  { title: 'STARTS', value: (fire) => (fire.decision === 'start' ? fire.fireAt : undefined) },
  { title: 'DATA DATE', value: (fire) => fire.dataDate },
  { title: 'SKIPPED', value: (fire) => fire.reason },
];

export const scheduleColumns: Column<ScheduleSummary>[] = [
  { title: 'NAME', value: (schedule) => schedule.name },
  { title: 'KIND', value: (schedule) => schedule.kind },
  { title: 'VERSION', value: (schedule) => schedule.version },
  { title: 'STATE', value: (schedule) => schedule.state },
  { title: 'NEXT', value: (schedule) => schedule.next },
  { title: 'NOTE', value: (schedule) => schedule.paused?.note },
  { title: 'WHEN', value: (schedule) => schedule.words },
];

export const cycleColumns: Column<CycleView>[] = [
  { title: 'CYCLE', value: (cycle) => cycle.cycle },
  { title: 'PLANNED', value: (cycle) => `${cycle.planned} ${cycle.zone}` },
  { title: 'DATA DATE', value: (cycle) => cycle.dataDate },
  { title: 'STATE', value: (cycle) => cycle.state },
  { title: 'STARTED', value: (cycle) => cycle.startedAt },
  { title: 'JOB/RUN', value: (cycle) => cycle.job ?? cycle.run },
  { title: 'STATUS', value: (cycle) => cycle.outcome ?? cycle.status },
  { title: 'REASON', value: (cycle) => cycle.reason },
];
