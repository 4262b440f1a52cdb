// Until when a node waits that waits for a time: so long from when it could start, or until a moment.
import { instantFrom } from '../specs/schedule-time.ts';
import { durationMs, isDuration } from '../specs/units.ts';

/** What such a text must be. */
export const WAIT_TIME = 'must be a duration such as 10m, a time such as 2026-11-21T06:00:00Z, or an expression that gives one';

export const isWaitTime = (text: string): boolean => isDuration(text) || !Number.isNaN(instantFrom(text, 'UTC'));

/** The moment, in milliseconds; NaN when it is none. A time without an offset is one of the zone. */
export const waitUntil = (text: string, since: string, zone: string): number =>
  isDuration(text) ? Date.parse(since) + durationMs(text) : instantFrom(text, zone);
