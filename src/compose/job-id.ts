// Job ids: positive 63-bit integers in decimal, ordered by time, so that the newest jobs are the greatest ids in every store.
import { randomInt } from 'node:crypto';

const EPOCH = Date.UTC(2024, 0, 1);
const LOW_BITS = 22n;
const LOW_SIZE = 2 ** 22;

let lastMs = 0;
let low = 0;

/** 41 bits of milliseconds since 2024 and 22 bits that begin at random and count up, so that ids of one process increase. */
export function newJobId(now: number = Date.now()): string {
  const ms = Math.max(now - EPOCH, lastMs);
  low = ms === lastMs ? low + 1 : randomInt(LOW_SIZE / 2);
  lastMs = ms;
  if (low >= LOW_SIZE) {
    low = 0;
    lastMs += 1;
  }
  return ((BigInt(lastMs) << LOW_BITS) | BigInt(low)).toString();
}
