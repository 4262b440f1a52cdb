// Gives each test file a temporary folder of its own and none of the settings of whoever runs it, and fails it when it leaves a process or
// a listening server behind.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, vi } from 'vitest';
import { descendants, processesOf } from './helpers/processes.ts';

/** What tests make with os.tmpdir() lies in here, and every process that they start inherits it. */
const folder = mkdtempSync(join(tmpdir(), 'longshore-test-'));
// Jobs that run as another user must get through.
chmodSync(folder, 0o711);
process.env.TMPDIR = folder;
// Neither here nor in a process that a test starts.
for (const name of Object.keys(process.env)) if (name.startsWith('LONGSHORE_') || name === 'NO_COLOR') delete process.env[name];
const PATIENCE_MS = 10_000;

afterAll(async () => {
  await vi.waitFor(() => {
    const left = new Map([...descendants(), ...processesOf(folder)].map(({ pid, command }) => [pid, `${pid} ${command}`]));
    expect([...left.values()], 'processes that this file left running').toEqual([]);
    const servers = process.getActiveResourcesInfo().filter((resource) => resource === 'TCPServerWrap');
    expect(servers, 'servers that this file left listening').toEqual([]);
  }, PATIENCE_MS);
  rmSync(folder, { recursive: true, force: true });
}, PATIENCE_MS * 2);
