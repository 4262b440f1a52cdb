import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cached } from './cache.ts';
import { mustMatch } from './yarn/jars.ts';

test('two that make the same at once get the same, complete, and nothing else is left', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'cache-'));
  let made = 0;
  const make = async (folder: string) => {
    made += 1;
    await writeFile(join(folder, 'a'), 'made');
  };
  const [one, other] = await Promise.all([1, 2].map(() => cached('thing', ['1'], make, cache)));
  expect(one).toBe(other);
  expect(await readFile(join(one!, 'a'), 'utf8')).toBe('made');
  const before = made;
  expect(await cached('thing', ['1'], make, cache)).toBe(one);
  expect(made).toBe(before);
  expect(await cached('thing', ['2'], make, cache)).not.toBe(one);
  expect(await readdir(cache)).toHaveLength(2);
});

async function failHalfway(folder: string): Promise<void> {
  await writeFile(join(folder, 'half'), '');
  throw new Error('no network');
}

test('what could not be made is not there', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'cache-'));
  await expect(cached('thing', [], failHalfway, cache)).rejects.toThrow('no network');
  expect(await readdir(cache)).toEqual([]);
});

test('a jar that is another, too many or missing is named', () => {
  const listed = 'aa  one-1.jar\nbb  two-1.jar\n';
  expect(() => mustMatch(listed, listed)).not.toThrow();
  expect(() => mustMatch(listed, 'aa  one-1.jar\nbc  two-1.jar\n')).toThrow(/ {2}two-1\.jar: bb, downloaded: bc/);
  expect(() => mustMatch(listed, 'aa  one-1.jar\ncc  two-2.jar\n')).toThrow(
    / {2}two-1\.jar: bb, downloaded: nothing\n {2}two-2\.jar: not in the list, downloaded: cc/,
  );
});
