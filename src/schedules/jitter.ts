// Jitter: schedules that would all start at the full hour are spread, each cycle by an amount that is the same whenever it is asked for.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { formatInstant } from '../specs/schedule-time.ts';

/** A number from 0 to below 1 that follows from the schedule's id and the cycle alone. */
function share(id: string, cycle: number): number {
  const hash = sha256(utf8ToBytes(`${id} ${formatInstant(cycle)}`));
  return hash.slice(0, 6).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48;
}

/** When a cycle starts: not before it, at most `jitter` ms after it, and before the next one, so that the order of cycles is that of their starts. */
export function fireAt(id: string, cycle: number, jitter: number, next: number | undefined): number {
  if (jitter === 0) return cycle;
  const most = Math.min(jitter, next === undefined ? Infinity : next - cycle - 1_000);
  return cycle + Math.floor((share(id, cycle) * (most + 1_000)) / 1_000) * 1_000;
}
