// What reading a log of 2 GB costs in memory. Alone on the machine, because a heap grows as it is let.
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { folderLogStore } from '../../src/store/folder-logs.ts';
import { newKey } from './samples.ts';

it('a log of 2 GB is read by offset with flat memory', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-flat-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const logs = folderLogStore(folder);
  const ref = { key: newKey(), stream: 'stdout' } as const;
  await logs.append(ref, 0, Buffer.from('first line\n'));
  truncateSync(join(folder, ref.key.slice(0, 2), ref.key, 'stdout.log'), 2 ** 31);
  const before = process.memoryUsage().rss;
  await logs.readLines(ref, 0, 1);
  for (let offset = 0; offset < 2 ** 31; offset += 2 ** 28) expect((await logs.read(ref, offset, 2 ** 31)).bytes.length).toBeGreaterThan(0);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
});
