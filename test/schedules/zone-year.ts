// One year of one zone, held against the oracle: the crons that daylight saving hurts, by every rule.
import { plannedAfter } from '../../src/schedules/planned.ts';
import { formatInstant } from '../../src/specs/schedule-time.ts';
import { clockOf, expected, matching, type Local } from './oracle.ts';
import { scheduleOf } from './helpers.ts';

const DAY = 86_400_000;

const RULES = [
  { gap: 'shift', overlapHour: 'first' },
  { gap: 'skip', overlapHour: 'second' },
  { gap: 'shift', overlapHour: 'both' },
] as const;

/** By cron; the first are looked at for the whole year, the dense ones for some days around each change of the clock. */
const CRONS: Readonly<Record<string, { dense?: true; matches: (local: Local) => boolean }>> = {
  '30 2 * * *': { matches: ({ minute, hour }) => minute === 30 && hour === 2 },
  '0 0 * * *': { matches: ({ minute, hour }) => minute === 0 && hour === 0 },
  '45 1 L * *': { matches: ({ minute, hour, day, lastDay }) => minute === 45 && hour === 1 && day === lastDay },
  '15 3 * * SUN#2': { matches: ({ minute, hour, day, weekday }) => minute === 15 && hour === 3 && weekday === 0 && Math.ceil(day / 7) === 2 },
  '*/20 0-3,23 * * SAT,SUN': { matches: ({ minute, hour, weekday }) => minute % 20 === 0 && (hour < 4 || hour === 23) && weekday % 6 === 0 },
  '*/15 * * * *': { dense: true, matches: ({ minute }) => minute % 15 === 0 },
};

const remembered = new Map<string, readonly number[]>();
function wallsOf(cron: string, from: number, to: number): readonly number[] {
  const key = `${cron} ${from} ${to}`;
  let walls = remembered.get(key);
  if (walls === undefined) remembered.set(key, (walls = matching(CRONS[cron]!.matches, from, to)));
  return walls;
}

/** Where product and oracle differ, in words; empty when they agree. */
export function differences(zone: string, year: number): string[] {
  const clock = clockOf(zone, year);
  const wrong: string[] = [];
  for (const [cron, { dense }] of Object.entries(CRONS)) {
    // Walls from and to, well inside what the clock was watched for.
    const spans: [number, number][] =
      dense === undefined
        ? [[Date.UTC(year, 0, 2), Date.UTC(year, 11, 30)]]
        : clock.jumps.map((jump) => [Math.floor(jump / DAY) * DAY - 2 * DAY, Math.floor(jump / DAY) * DAY + 3 * DAY]);
    for (const rules of RULES) {
      const schedule = scheduleOf({ cron, timezone: zone, ...rules });
      for (const [from, to] of spans) {
        const want = expected(clock, wallsOf(cron, from, to), rules);
        const got = { starts: [] as number[], gaps: [] as number[] };
        const [first, end] = [clock.at(from)[0] ?? clock.past(from), clock.at(to)[0] ?? clock.past(to)];
        for (const { cycle, skip } of plannedAfter(schedule, first - 1_000)) {
          if (cycle >= end) break;
          (skip === undefined ? got.starts : got.gaps).push(cycle);
        }
        for (const kind of ['starts', 'gaps'] as const) {
          const [wanted, given] = [new Set(want[kind]), new Set(got[kind])];
          const [missing, extra] = [want[kind].filter((at) => !given.has(at)), got[kind].filter((at) => !wanted.has(at))];
          const order = got[kind].some((at, i) => i > 0 && at <= got[kind][i - 1]!);
          if (missing.length + extra.length > 0 || order)
            wrong.push(
              `${zone} ${year} "${cron}" ${rules.gap} ${rules.overlapHour} ${kind}: missing ${missing.map(formatInstant).join(' ')}, extra ${extra.map(formatInstant).join(' ')}${order ? ', out of order' : ''}`,
            );
        }
      }
    }
  }
  return wrong;
}
