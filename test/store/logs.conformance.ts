// What every implementation of LogStore must do.
import { beforeEach, describe, expect, it } from 'vitest';
import type { LogRef, LogStore } from '../../src/store/logs.ts';
import { newKey } from './samples.ts';

const bytes = (text: string) => Buffer.from(text);
const textOf = (slice: { bytes: Uint8Array }) => Buffer.from(slice.bytes).toString();

export function describeLogsConformance(name: string, open: () => Promise<LogStore>): void {
  describe(`logs of ${name}`, () => {
    let logs: LogStore;
    let ref: LogRef;
    beforeEach(async () => {
      logs = await open();
      ref = { key: newKey(), stream: 'stdout' };
    });

    it('takes bytes in order only, so that a zombie cannot interleave', async () => {
      expect(await logs.length(ref)).toEqual({ length: 0, finished: false });
      expect(await logs.append(ref, 0, bytes('one\n'))).toBe(4);
      await expect(logs.append(ref, 0, bytes('one\n'))).rejects.toMatchObject({ code: 'LOG_CONFLICT' });
      await expect(logs.append(ref, 9, bytes('gap'))).rejects.toMatchObject({ code: 'LOG_CONFLICT' });
      expect(await logs.append(ref, 4, bytes('two\n'))).toBe(8);
      expect(textOf(await logs.read(ref, 0, 100))).toBe('one\ntwo\n');
      expect(await logs.length({ ...ref, stream: 'stderr' })).toEqual({ length: 0, finished: false });
    });

    it('lets one of many appends at the same offset win', async () => {
      const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => logs.append(ref, 0, bytes(`writer ${i}\n`))));
      expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
      expect(textOf(await logs.read(ref, 0, 1000))).toMatch(/^writer \d+\n$/);
    });

    it('reads any slice by offset, binary and all, and says where to go on', async () => {
      const content = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256));
      await logs.append(ref, 0, content);
      const slice = await logs.read(ref, 250, 100);
      expect(Buffer.from(slice.bytes).equals(content.subarray(250, 350))).toBe(true);
      expect(slice).toMatchObject({ offset: 250, next: 350, end: false });
      expect(await logs.read(ref, 1000, 10)).toMatchObject({ next: 1000, end: false });
      expect(await logs.read(ref, 5000, 10)).toMatchObject({ offset: 1000, next: 1000 });
      expect((await logs.read(ref, 0, 1e12)).bytes.length).toBe(1000);
    });

    it('ends when finished, once, and takes nothing more', async () => {
      await logs.append(ref, 0, bytes('done'));
      await logs.finish(ref);
      await logs.finish(ref);
      expect(await logs.length(ref)).toEqual({ length: 4, finished: true });
      expect(await logs.read(ref, 0, 2)).toMatchObject({ next: 2, end: false });
      expect(await logs.read(ref, 2, 2)).toMatchObject({ next: 4, end: true });
      await expect(logs.append(ref, 4, bytes('late'))).rejects.toMatchObject({ code: 'LOG_CONFLICT' });
    });

    it('finishes a log that never got a byte', async () => {
      await logs.finish(ref);
      expect(await logs.read(ref, 0, 10)).toMatchObject({ next: 0, end: true });
    });

    it('reads whole lines, and a last one without newline only when nothing follows', async () => {
      await logs.append(ref, 0, bytes('a\nbb\nccc'));
      const first = await logs.readLines(ref, 0, 1);
      expect([textOf(first), first.next, first.end]).toEqual(['a\n', 2, false]);
      const rest = await logs.readLines(ref, first.next, 10);
      expect([textOf(rest), rest.next, rest.end]).toEqual(['bb\n', 5, false]);
      expect(textOf(await logs.readLines(ref, 5, 10))).toBe('');
      await logs.finish(ref);
      expect(await logs.readLines(ref, 0, 2)).toMatchObject({ next: 5, end: false });
      const last = await logs.readLines(ref, 5, 10);
      expect([textOf(last), last.next, last.end]).toEqual(['ccc', 8, true]);
      expect(await logs.readLines(ref, 2, 0)).toMatchObject({ next: 2, end: false });
    });

    it('gets on through a line that is longer than a slice may be', async () => {
      const long = Buffer.alloc(2_500_000, 'x');
      await logs.append(ref, 0, Buffer.concat([long, bytes('\nend\n')]));
      let text = '';
      for (let offset = 0, reads = 0; text.length < long.length + 5 && reads < 10; reads++) {
        const slice = await logs.readLines(ref, offset, 5);
        expect(slice.bytes.length).toBeLessThanOrEqual(1024 * 1024);
        text += textOf(slice);
        offset = slice.next;
      }
      expect(text.endsWith('x\nend\n')).toBe(true);
    });

    it('lists the streams of an attempt that were appended to or finished, and of no other', async () => {
      expect(await logs.streams(ref.key)).toEqual([]);
      const streams = ['container-1-10.stderr', 'stderr', 'container-1-9.stdout', 'stdout', 'a.stderr'] as const;
      for (const stream of streams) await logs.append({ ...ref, stream }, 0, bytes(stream));
      await logs.append({ key: newKey(), stream: 'b.stdout' }, 0, bytes('of another'));
      await logs.finish({ ...ref, stream: 'stderr' });
      await logs.finish({ ...ref, stream: 'empty.stdout' });
      expect(await logs.streams(ref.key)).toEqual([
        { stream: 'stdout', length: 6, finished: false },
        { stream: 'stderr', length: 6, finished: true },
        { stream: 'a.stderr', length: 8, finished: false },
        { stream: 'container-1-9.stdout', length: 20, finished: false },
        { stream: 'container-1-10.stderr', length: 21, finished: false },
        { stream: 'empty.stdout', length: 0, finished: true },
      ]);
      expect(textOf(await logs.read({ ...ref, stream: 'container-1-9.stdout' }, 0, 100))).toBe('container-1-9.stdout');
      await logs.remove(ref.key);
      expect(await logs.streams(ref.key)).toEqual([]);
    });

    it('removes all streams of an attempt', async () => {
      await logs.append(ref, 0, bytes('x'));
      await logs.append({ ...ref, stream: 'stderr' }, 0, bytes('y'));
      await logs.remove(ref.key);
      await logs.remove(ref.key);
      expect(await logs.length(ref)).toEqual({ length: 0, finished: false });
      expect(await logs.length({ ...ref, stream: 'stderr' })).toEqual({ length: 0, finished: false });
    });

    it('takes nothing but an attempt key, a stream and whole offsets', async () => {
      for (const key of ['../../../../etc/passwd', '', 'a'.repeat(25), `${'a'.repeat(25)}/`, 'A'.repeat(26)]) {
        await expect(logs.append({ key, stream: 'stdout' }, 0, bytes('x'))).rejects.toMatchObject({ code: 'INVALID' });
        await expect(logs.read({ key, stream: 'stdout' }, 0, 1)).rejects.toMatchObject({ code: 'INVALID' });
        await expect(logs.remove(key)).rejects.toMatchObject({ code: 'INVALID' });
        await expect(logs.streams(key)).rejects.toMatchObject({ code: 'INVALID' });
      }
      for (const stream of [
        '../x',
        '../x.stdout',
        '.stdout',
        'a.b.stdout',
        'a/b.stdout',
        'A.stdout',
        'a.log',
        `${'a'.repeat(64)}.stdout`,
        'stdout\n',
        '',
      ])
        await expect(logs.append({ key: ref.key, stream: stream as 'stdout' }, 0, bytes('x'))).rejects.toMatchObject({ code: 'INVALID' });
      for (const offset of [-1, 0.5, Number.NaN]) await expect(logs.read(ref, offset, 1)).rejects.toMatchObject({ code: 'INVALID' });
    });
  });
}
