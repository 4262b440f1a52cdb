// What a job or run is told of its cycle, and what is due of a schedule that was edited meanwhile.
import { describe, expect, it } from 'vitest';
import { cycleAt, runCycle } from '../../src/schedules/cycle.ts';
import { dueOverVersions, withAtMost } from '../../src/schedules/versions.ts';
import type { ScheduleInput } from '../../src/specs/schedule.schema.ts';
import { scheduleOf, verdicts } from './helpers.ts';

function told(input: ScheduleInput, at: string) {
  const schedule = scheduleOf(input);
  return runCycle(schedule, cycleAt(schedule, at, true)!);
}

describe('S15 a cycle as it is told', () => {
  it('has its planned time with offset, its data date and its neighbours, over a change of the clock', () => {
    expect(told({ cron: '0 6 * * *', timezone: 'Europe/Berlin' }, '2026-03-29T04:00:00Z')).toEqual({
      at: '2026-03-29T04:00:00Z',
      planned: '2026-03-29T06:00:00+02:00',
      dataDate: '2026-03-28',
      zone: 'Europe/Berlin',
      previous: '2026-03-28T06:00:00+01:00',
      next: '2026-03-30T06:00:00+02:00',
    });
  });

  it('of a gap it is the time that does not exist, with the offset before', () => {
    const cycle = told({ cron: '30 2 * * *', timezone: 'Europe/Berlin' }, '2026-03-29T01:00:00Z');
    expect([cycle.planned, cycle.dataDate]).toEqual(['2026-03-29T02:30:00+01:00', '2026-03-28']);
  });

  it('of an hour that exists twice, each has its own offset', () => {
    const input = { cron: '30 2 * * *', timezone: 'Europe/Berlin', overlapHour: 'both' } as const;
    expect(told(input, '2026-10-25T00:30:00Z')).toMatchObject({ planned: '2026-10-25T02:30:00+02:00', next: '2026-10-25T02:30:00+01:00' });
    expect(told(input, '2026-10-25T01:30:00Z')).toMatchObject({ planned: '2026-10-25T02:30:00+01:00', previous: '2026-10-25T02:30:00+02:00' });
  });

  it('moved from a holiday it is the day it was planned for; neighbours are those that run', () => {
    const holidays: ScheduleInput['holidays'] = { weekend: ['sat', 'sun'], policy: 'next-business-day' };
    expect(told({ cron: '0 6 1 * *', holidays }, '2026-08-03T06:00:00Z')).toMatchObject({
      planned: '2026-08-01T06:00:00+00:00',
      dataDate: '2026-07-31',
      previous: '2026-07-01T06:00:00+00:00',
      next: '2026-09-01T06:00:00+00:00',
    });
  });

  it('the first of a schedule has none before it; a rare one has neighbours years away', () => {
    expect(told({ every: '1d', start: '2026-06-01' }, '2026-06-01T00:00:00Z')).not.toHaveProperty('previous');
    expect(told({ cron: '0 0 29 2 *' }, '2028-02-29T00:00:00Z')).toMatchObject({
      previous: '2024-02-29T00:00:00+00:00',
      next: '2032-02-29T00:00:00+00:00',
    });
  });

  it('by hand: an instant that it does not plan is none of its cycles, and stands for itself', () => {
    const schedule = scheduleOf({ cron: '0 6 * * *', timezone: 'Asia/Tokyo' });
    expect(cycleAt(schedule, '2026-06-01T20:00:00Z', true)).toBeUndefined();
    expect(cycleAt(schedule, '2026-06-01T20:00:00Z', false)).toMatchObject({ planned: '2026-06-02T05:00:00', dataDate: '2026-06-01' });
  });
});

describe('S14 versions', () => {
  const hourly = scheduleOf({ cron: '0 * * * *', misfire: 'all' });
  const halves = scheduleOf({ cron: '30 * * * *', misfire: 'all' });
  const versions = [
    { version: 1, since: '2026-06-01T00:00:00.000Z', schedule: hourly },
    { version: 2, since: '2026-06-01T02:10:00.500Z', schedule: halves },
  ];
  const asked = { id: 'etl/x', versions, lastDecided: '2026-06-01T00:00:00Z', now: '2026-06-01T04:00:00Z' };

  it('each decides up to the edit, the next one what comes after', () => {
    const answer = dueOverVersions(asked);
    expect(verdicts(answer.cycles)).toEqual(['01:00', '02:00', '02:30', '03:30'].map((at) => `start 2026-06-01T${at}:00Z`));
    expect(answer).toMatchObject({ version: 2, more: false, nextWakeAt: '2026-06-01T04:30:00Z' });
  });

  it('an edit of something else changes nothing: what waits for its jitter goes on waiting', () => {
    const jitter = scheduleOf({ cron: '0 * * * *', jitter: '50m' });
    const same = versions.map((version) => ({ ...version, schedule: jitter }));
    const one = dueOverVersions({ ...asked, versions: same.slice(1), now: '2026-06-01T02:10:01Z' });
    expect(dueOverVersions({ ...asked, versions: same, now: '2026-06-01T02:10:01Z' })).toEqual(one);
  });

  it('one that was saved by a clock ahead of ours does not hold yet', () => {
    expect(dueOverVersions({ ...asked, now: '2026-06-01T02:10:00Z' })).toMatchObject({ version: 1, decidedUntil: '2026-06-01T02:10:00Z' });
  });

  it('in pieces, whatever the limit, it comes to the same', () => {
    const whole = verdicts(dueOverVersions(asked).cycles);
    for (const limit of [1, 2, 3])
      for (const most of [1, 9]) {
        const pieces: string[] = [];
        let lastDecided = asked.lastDecided;
        let from = 1;
        for (let more = true; more;) {
          const answer = withAtMost(dueOverVersions({ ...asked, versions: versions.slice(from - 1), lastDecided, limit }), most, lastDecided);
          pieces.push(...verdicts(answer.cycles));
          ({ more, decidedUntil: lastDecided, version: from } = answer);
        }
        expect([limit, most, ...pieces]).toEqual([limit, most, ...whole]);
      }
  });
});
