// Pure parts of the core: ids, suggestions, torn characters.
import { array, assert, asyncProperty, nat, oneof, string, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logText } from '../../src/api/log-text.ts';
import { newJobId } from '../../src/compose/job-id.ts';
import { didYouMean } from '../../src/specs/near.ts';
import { JOB_ID } from '../../src/specs/patterns.ts';

describe('job ids', () => {
  test('rise, never repeat, and fit 63 bits, also when the clock stands still or steps back', () => {
    const now = Date.now();
    const ids = Array.from({ length: 50_000 }, (_, i) => newJobId(i % 7 === 0 ? now - i : now));
    for (const [i, id] of ids.entries()) {
      expect(id).toMatch(JOB_ID);
      if (i > 0 && BigInt(id) <= BigInt(ids[i - 1]!)) throw new Error(`${id} does not follow ${ids[i - 1]}`);
    }
    expect(BigInt(newJobId(Date.UTC(2090, 0, 1)))).toBeLessThan(2n ** 63n);
  });
});

test('suggestions are for slips only', () => {
  const names = ['cluster', 'queue', 'priority', 'shell', 'python'];
  expect(didYouMean('clsuter', names)).toContain('"cluster"');
  expect(didYouMean('Queue', names)).toContain('"queue"');
  expect(didYouMean('zebra', names)).toBe('');
  expect(didYouMean('cluster', names)).toBe('');
  expect(didYouMean('x'.repeat(100_000), names)).toBe('');
});

test('text of a log is the same however its bytes were cut, and its offsets join', async () => {
  const piece = oneof(
    string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  );
  await assert(
    asyncProperty(array(piece), array(nat(20)), async (pieces, cuts) => {
      const all = Buffer.concat(pieces);
      async function* slices() {
        let offset = 0;
        for (const cut of [...cuts, all.length]) {
          const bytes = all.subarray(offset, Math.min(offset + cut, all.length));
          const next = offset + bytes.length;
          yield { offset, bytes, next, end: next === all.length };
          offset = next;
          if (next === all.length) return;
        }
      }
      let text = '';
      let next = 0;
      for await (const part of logText(slices())) {
        expect(part.offset).toBe(next);
        next = part.next;
        text += part.text;
      }
      expect(next).toBe(all.length);
      expect(text).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(all));
    }),
  );
});
