// The language of schedules: when a stored job or DAG runs by itself.
import { z } from 'zod';
import { bounded, duration, name, text } from './fields.schema.ts';
import { didYouMean } from './near.ts';
import { parseCron } from './schedule-cron.ts';
import { instantFrom, isDate, isTime } from './schedule-time.ts';
import { isZone } from './schedule-zone.ts';
import { durationMs } from './units.ts';

/** Places under their newer names, which Intl takes and does not list. */
const NEWER = ['Asia/Kolkata', 'Asia/Kathmandu', 'Asia/Ho_Chi_Minh', 'Asia/Yangon', 'Europe/Kyiv', 'America/Argentina/Buenos_Aires', 'America/Nuuk'];

/** The zone that a wrong name may mean: its place alone ("Berlin"), else the nearest name. */
function zoneAdvice(wrong: string): string {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone'), ...NEWER];
  const place = wrong.trim().toLowerCase().replaceAll(' ', '_');
  const found = zones.find((zone) => zone.toLowerCase() === place || zone.toLowerCase().split('/').at(-1) === place);
  return found === undefined ? didYouMean(wrong, zones) : `; did you mean "${found}"?`;
}

const timezone = z
  .string()
  .max(64)
  .superRefine((zone, ctx) => {
    if (!isZone(zone))
      ctx.addIssue({ code: 'custom', message: `must be UTC or a zone of the IANA database by its place, such as Europe/Berlin${zoneAdvice(zone)}` });
  });
const cron = z
  .string()
  .max(200)
  .superRefine((expression, ctx) => {
    const parsed = parseCron(expression);
    if ('error' in parsed) ctx.addIssue({ code: 'custom', message: parsed.error });
  });
const time = z
  .string()
  .max(40)
  .refine(isTime, 'must be a date or time that exists, 1970 to 2200: 2026-12-01, 2026-12-01T06:00 (local) or 2026-12-01T06:00:00Z');
const inSeconds = duration.refine((s) => durationMs(s) % 1_000 === 0, 'must be whole seconds');
const period = inSeconds.refine((s) => durationMs(s) > 0, 'must be at least 1s');
const day = z
  .string()
  .max(10)
  .refine((s) => isDate(s) || (/^\d\d-\d\d$/.test(s) && isDate(`2024-${s}`)), 'must be a date that exists: 2026-12-25, or 12-25 for every year');
const days = z.array(day).max(2_000);

const holidaysSchema = z
  .strictObject({
    dates: days
      .default([])
      .meta({ description: 'Days that are not business days, in the zone of the schedule: 2026-12-25, or 12-25 for every year.' }),
    calendars: bounded(name, days, 50)
      .default({})
      .meta({ description: 'More such days, in lists with a name, which the reason for a skipped cycle says.' }),
    weekend: z
      .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
      .max(6)
      .default([])
      .meta({ description: 'Days of the week that are not business days. Default: none.' }),
    policy: z.enum(['skip', 'next-business-day', 'previous-business-day']).default('skip').meta({
      description:
        'What becomes of a cycle on such a day: it is not run (skip), or runs on the nearest business day after or before it at the same local time, once if there is a cycle already; within 31 days, else not at all.',
    }),
  })
  .meta({ description: 'Days on which cron or every does not run. Default: none.' });

export const scheduleSchema = z
  .strictObject({
    cron: cron.optional().meta({
      description:
        'Times on the clock of the zone: minute hour day-of-month month day-of-week, or a second before them; with names, ranges, steps, L W # ?; or @hourly, @daily, @weekly, @monthly, @yearly. Where both kinds of day are given, either is enough. One of cron, every and after must be given.',
    }),
    every: period.optional().meta({ description: 'Fixed rate: this much time after the cycle before, whatever the clock is put to. Whole seconds.' }),
    anchor: time
      .optional()
      .meta({ description: 'With every: a time that is a cycle; all others follow from it. Default: start, else 1970-01-01T00:00:00Z.' }),
    after: period.optional().meta({ description: 'Fixed delay: this much time after the announced end of the last run. Whole seconds.' }),
    timezone: timezone
      .default('UTC')
      .meta({ description: 'Zone of the IANA database in which cron, holidays, data dates and times without an offset are read.' }),
    gap: z.enum(['shift', 'skip']).default('shift').meta({
      description:
        'What cron does with a local time that does not exist because the clock is put forward: run at the first instant after it (shift), or not.',
    }),
    overlapHour: z.enum(['first', 'both', 'second']).optional().meta({
      description:
        'When cron runs at a local time that exists twice because the clock is put back. Default: first; both where the hour field is *, so that what runs all day does not pause for an hour.',
    }),
    start: time.optional().meta({ description: 'No cycle before this. Default: none.' }),
    end: time.optional().meta({ description: 'No cycle after this; a date is its whole day. Default: none.' }),
    catchUpFrom: time.optional().meta({
      description:
        'When the schedule is first saved, its cycles from this time on are due, all of them whatever misfire says. Default: only what comes after it was saved.',
    }),
    jitter: inSeconds.default('0s').meta({
      description:
        'Each cycle starts up to this much later than its time, never as late as the next cycle; how much follows from the name of the schedule and the cycle, and is always the same. Whole seconds.',
    }),
    dataDay: z
      .int()
      .min(-366)
      .max(366)
      .default(-1)
      .meta({ description: 'Data date of a cycle, in days from its planned day: -1 is the day before, 0 the same day.' }),
    holidays: holidaysSchema.optional(),
    misfire: z.enum(['none', 'latest', 'all']).default('latest').meta({
      description:
        'Which cycles are run that are decided more than a minute late, after a standstill: none, only the latest one that is due, or all in order.',
    }),
    misfireWindow: inSeconds
      .optional()
      .meta({ description: 'How late a cycle may be decided and still be run by misfire: latest or all. Default: no limit.' }),
    overlap: z.enum(['allow', 'skip', 'wait', 'replace']).default('wait').meta({
      description:
        'When a cycle is to start and a run of the same schedule goes on: start it too (allow), do not run it (skip), start it when that has ended (wait), or kill that and start it (replace). With after there is never one.',
    }),
    pause: z
      .strictObject({ note: text(1024).default('').meta({ description: 'Why, for people.' }) })
      .optional()
      .meta({ description: 'While this is given, cycles are skipped and say the note. Default: not paused.' }),
  })
  .superRefine((schedule, ctx) => {
    const refuse = (path: string, message: string): void => ctx.addIssue({ code: 'custom', path: path === '' ? [] : path.split('.'), message });
    const kinds = (['cron', 'every', 'after'] as const).filter((kind) => schedule[kind] !== undefined);
    if (kinds.length === 0) refuse('', 'must have one of cron, every and after');
    if (kinds.length > 1) refuse(kinds[1]!, `must not be given beside ${kinds[0]}: a schedule has one of cron, every and after`);
    if (schedule.anchor !== undefined && schedule.every === undefined) refuse('anchor', 'belongs to every; leave it out, or write start');
    if (schedule.misfireWindow !== undefined && schedule.misfire === 'none')
      refuse('misfireWindow', 'has no use with misfire: none; write latest or all');
    if (schedule.overlapHour !== undefined && schedule.cron === undefined) refuse('overlapHour', 'belongs to cron; leave it out');
    if (schedule.after !== undefined && schedule.holidays !== undefined)
      refuse('holidays', 'belongs to cron or every; after has no cycles that could be skipped');
    if (schedule.after !== undefined && schedule.catchUpFrom !== undefined)
      refuse('catchUpFrom', 'belongs to cron or every; after has no cycles in the past');
    if (schedule.every !== undefined && schedule.holidays !== undefined && schedule.holidays.policy !== 'skip')
      refuse('holidays.policy', 'must be skip with every; business days are for cron');
    const { start, end, catchUpFrom, timezone: zone } = schedule;
    if (!isZone(zone)) return;
    const until = end === undefined ? Infinity : instantFrom(end, zone, 'last');
    if (start !== undefined && instantFrom(start, zone) > until) refuse('end', 'must not be before start');
    if (catchUpFrom !== undefined && instantFrom(catchUpFrom, zone) > until) refuse('catchUpFrom', 'must not be after end');
  })
  .meta({
    id: 'Schedule',
    description: 'When a stored job or DAG runs by itself: by cron, at a fixed rate (every), or a fixed time after its last end (after).',
  });
/** A schedule as stored: every default filled in. */
export type Schedule = z.infer<typeof scheduleSchema>;
/** A schedule as people write it. */
export type ScheduleInput = z.input<typeof scheduleSchema>;
