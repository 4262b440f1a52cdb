// The schedule workflow over months and standstills, on a server that skips time: minutes, because a year has many cycles.
import { describe, expect, test, vi } from 'vitest';
import { plannedAfter } from '../../../src/schedules/planned.ts';
import { formatInstant } from '../../../src/specs/schedule-time.ts';
import type { ScheduleInput } from '../../../src/specs/schedule.schema.ts';
import { soon } from '../soon.ts';
import { timed } from './timed.ts';

const DAY = 86_400_000;
const at = timed();

describe('CP-63 a year, or the half of it that has a change of the clock,', () => {
  test.each<[string, number, ScheduleInput]>([
    [
      'Berlin, with holidays that move, gaps that skip and hours that come twice',
      12,
      {
        cron: '30 2 * * *',
        timezone: 'Europe/Berlin',
        gap: 'skip',
        overlapHour: 'both',
        holidays: { dates: ['12-25', '01-01'], weekend: ['sun'], policy: 'next-business-day' },
      },
    ],
    ['Lord Howe, whose clock changes by half an hour', 6, { cron: '15 2 * * MON,SUN', timezone: 'Australia/Lord_Howe' }],
    ['Santiago, whose clock changes at midnight', 6, { cron: '0 0 * * SUN,MON', timezone: 'America/Santiago' }],
  ])(
    'in %s has exactly its cycles',
    async (_name, months, input) => {
      await at.save({ ...input, overlap: 'allow' });
      const from = at.world.versions[0]!.since;
      for (let month = 0; month < months; month++) await at.pass(31 * DAY);
      // It looks at least once a day.
      const to = at.world.now - 2 * DAY;
      await soon(async () => expect((await at.store.schedules.schedule('etl', at.world.ref.name))!.decidedUntil! >= formatInstant(to)).toBe(true));
      const rows = (await at.world.rows()).filter(({ cycle }) => Date.parse(cycle) <= to);
      expect(rows.map(({ state, code, cycle }) => `${code ?? state} ${cycle}`)).toEqual(at.planned(from, to));
      expect(at.world.begun).toHaveLength(new Set(at.world.begun).size);
    },
    180_000,
  );

  test('that has no 29 February passes, and the next one has its cycle', async () => {
    await at.save({ cron: '0 12 29 2 *' });
    const [leap] = plannedAfter(at.world.versions[0]!.schedule!, at.world.now).take(1);
    await at.pass(leap!.cycle - at.world.now - DAY);
    expect(at.world.begun).toEqual([]);
    await at.pass(2 * DAY);
    await soon(() => expect(at.world.begun).toEqual([formatInstant(leap!.cycle)]));
  });
});

describe('CP-62 nothing runs for a week', () => {
  test('10,000 missed cycles are decided then, in a short history, and the next one comes', async () => {
    await at.save({ cron: '* * * * *', overlap: 'allow' });
    await at.pass(60_000);
    await soon(() => expect(at.world.begun).not.toEqual([]));
    await at.handle.terminate();
    await at.pass(7 * DAY);
    await at.begin();
    await vi.waitFor(async () => expect((await at.world.rows()).length).toBeGreaterThan(10_000), { timeout: 120_000, interval: 200 });
    await soon(() => expect(at.world.begun.length).toBeGreaterThan(1));
    const rows = await at.world.rows();
    expect(rows.filter(({ code }) => code === 'SUPERSEDED').length).toBeGreaterThan(10_000);
    const { historyLength } = await at.handle.describe();
    expect(historyLength).toBeLessThan(150);
    const before = at.world.begun.length;
    await at.pass(2 * 60_000);
    await soon(() => expect(at.world.begun.length).toBeGreaterThan(before));
  });
});
