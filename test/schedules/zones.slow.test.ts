// Every zone of the IANA database whose offset changes in 2026 or 2027, in both years, against a clock watched minute by minute.
import { expect, it } from 'vitest';
import { transitionsBetween } from '../../src/specs/schedule-zone.ts';
import { differences } from './zone-year.ts';

const YEARS = [2026, 2027];
const zones = Intl.supportedValuesOf('timeZone');

/** By Intl's own words at noon of every day, so that a zone is not left out because the product sees no change in it. */
function changes(zone: string): boolean {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const offsets = new Set<string>();
  for (let day = Date.UTC(2026, 0, 1); day < Date.UTC(2028, 0, 1); day += 7 * 86_400_000) offsets.add(format.format(day).split(', ')[1]!);
  return offsets.size > 1;
}

const changing = zones.filter(changes);

it('sees a change in exactly the zones that have one', () => {
  expect(zones.filter((zone) => transitionsBetween(zone, Date.UTC(2026, 0, 1), Date.UTC(2028, 0, 1)).length > 0)).toEqual(changing);
  expect(changing.length).toBeGreaterThan(100);
});

it.each(changing)('%s', (zone) => {
  expect(YEARS.flatMap((year) => differences(zone, year))).toEqual([]);
});
