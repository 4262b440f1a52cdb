// Queries are synchronous: a series of them must leave the process its turns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';

it('a long series of queries does not stop the event loop', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-turns-'));
  const store = await openSqliteStore({ file: join(folder, 'store.db'), rules: admissionRules });
  let turns = 0;
  const clock = setInterval(() => turns++, 1);
  onTestFinished(async () => {
    clearInterval(clock);
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const until = performance.now() + 300;
  while (performance.now() < until) await store.ping();
  expect(turns).toBeGreaterThan(5);
});
