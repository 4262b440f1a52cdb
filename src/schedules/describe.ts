// A schedule in words, for people who check what they wrote.
import { toString } from 'cronstrue';
import { parseCron } from '../specs/schedule-cron.ts';
import type { Schedule } from '../specs/schedule.schema.ts';

const MISFIRES: Readonly<Record<Schedule['misfire'], string>> = {
  none: 'what is missed is skipped',
  latest: 'of what is missed, the latest is run',
  all: 'what is missed is run in order',
};
const OVERLAPS: Readonly<Record<Schedule['overlap'], string>> = {
  allow: 'runs may overlap',
  skip: 'skipped while a run goes on',
  wait: 'waits while a run goes on',
  replace: 'replaces a run that goes on',
};
const BUSINESS: Readonly<Record<NonNullable<Schedule['holidays']>['policy'], string>> = {
  skip: 'not on holidays',
  'next-business-day': 'on holidays, the next business day',
  'previous-business-day': 'on holidays, the business day before',
};

/** When cron runs, in words; the expression itself where there are none for it. */
function cronWords(cron: string): string {
  const parsed = parseCron(cron);
  if ('error' in parsed) return `cron ${cron}`;
  const [, , , dayOfMonth, , dayOfWeek] = parsed.pattern.split(' ');
  try {
    const words = toString(parsed.pattern, { use24HourTimeFormat: true });
    // Where both kinds of day are given, either is enough.
    return dayOfMonth === '*' || dayOfWeek === '*' ? words : words.replace(', and on ', ', or on ').replace(', and ', ', or ');
  } catch {
    return `By cron ${cron}`;
  }
}

/** "At 06:00, Europe/Berlin; not on holidays; of what is missed, the latest is run; waits while a run goes on". */
export function describeSchedule(schedule: Schedule): string {
  const parts: string[] = [];
  if (schedule.cron !== undefined) parts.push(`${cronWords(schedule.cron)}, ${schedule.timezone}`);
  if (schedule.every !== undefined)
    parts.push(`Every ${schedule.every}, counted from ${schedule.anchor ?? schedule.start ?? '1970-01-01T00:00:00Z'}`);
  if (schedule.after !== undefined) parts.push(`${schedule.after} after the end of the last run`);
  if (schedule.start !== undefined) parts.push(`from ${schedule.start}`);
  if (schedule.end !== undefined) parts.push(`until ${schedule.end}`);
  if (schedule.cron !== undefined && schedule.gap === 'skip') parts.push('a local time that does not exist is skipped');
  if (schedule.overlapHour !== undefined) parts.push(`a local time that exists twice: ${schedule.overlapHour}`);
  if (schedule.holidays !== undefined) parts.push(BUSINESS[schedule.holidays.policy]);
  if (schedule.jitter !== '0s') parts.push(`up to ${schedule.jitter} later`);
  if (schedule.after === undefined) {
    parts.push(
      schedule.misfireWindow === undefined ? MISFIRES[schedule.misfire] : `${MISFIRES[schedule.misfire]}, up to ${schedule.misfireWindow} late`,
    );
    parts.push(OVERLAPS[schedule.overlap]);
  }
  const words = parts.join('; ');
  if (schedule.pause === undefined) return words;
  return `Paused${schedule.pause.note === '' ? '' : ` (${schedule.pause.note})`}: ${words}`;
}
