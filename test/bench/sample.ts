// Times of repeated measurements and what is published of them: median with the spread, never a single figure.

/** Sorted milliseconds (or bytes, or counts) of one measured thing. */
export interface Sample {
  readonly values: readonly number[];
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

const at = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

/** Summarizes measured values. */
export function sample(values: readonly number[]): Sample {
  const sorted = values.toSorted((a, b) => a - b);
  return { values: sorted, median: at(sorted, 0.5), p10: at(sorted, 0.1), p90: at(sorted, 0.9) };
}

/** Milliseconds that a call took. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/**
 * Measures two things in turn, A B A B …, so that a drift of the machine meets both alike, and also returns the ratio pair by pair.
 * The first `warmUp` pairs are not counted.
 */
export async function inTurn(
  pairs: number,
  warmUp: number,
  a: () => Promise<number>,
  b: () => Promise<number>,
): Promise<{ a: Sample; b: Sample; ratio: Sample }> {
  const as: number[] = [];
  const bs: number[] = [];
  for (let i = 0; i < pairs + warmUp; i++) {
    const [first, second] = [await a(), await b()];
    if (i < warmUp) continue;
    as.push(first);
    bs.push(second);
  }
  return { a: sample(as), b: sample(bs), ratio: sample(as.map((value, i) => value / bs[i]!)) };
}

/** "12.3 ms (10.1–15.0)": median and the range from the 10th to the 90th percentile. */
export const show = (s: Sample, unit: string, digits = 0): string =>
  `${s.median.toFixed(digits)}${unit} (${s.p10.toFixed(digits)}–${s.p90.toFixed(digits)})`;
