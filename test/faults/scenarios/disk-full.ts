import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode } from '../../../src/specs/errors.ts';
import type { Scenario } from '../scenario.ts';

const run = promisify(execFile);
const DISKS = ['main', 'w1'] as const;

export default {
  hazard:
    'The disk of the store, and then that of the worker, is full for a while: clear refusals, nothing half written, and everything goes on when there is space.',
  rows: ['CP-07', 'CP-20'],
  guards: [],
  quick: false,
  limits: { recoveryMs: 180_000 },
  impossible: () => (process.getuid?.() === 0 ? undefined : 'it mounts a small disk, which only root may do'),
  async prepare(folder) {
    for (const name of DISKS) {
      await mkdir(path.join(folder, name));
      await run('mount', ['-t', 'tmpfs', '-o', 'size=48m,mode=0700', 'tmpfs', path.join(folder, name)]);
    }
    return async () => {
      for (const name of DISKS) await run('umount', ['--lazy', path.join(folder, name)]);
    };
  },
  async play(world) {
    for (const name of DISKS) {
      const ballast = path.join(world.stack.folder, name, 'ballast');
      world.load(`before-${name}`, 15);
      await delay(1_500);
      await fill(ballast);
      world.load(`full-${name}`, 15);
      await delay(12_000);
      await rm(ballast);
      await delay(5_000);
    }
  },
} satisfies Scenario;

/** Writes until nothing more fits. */
async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (const size of [1 << 20, 1 << 12]) {
      const block = Buffer.alloc(size);
      for (;;) {
        try {
          await handle.writeFile(block);
        } catch (error) {
          if (!hasCode(error, 'ENOSPC')) throw error;
          break;
        }
      }
    }
  } finally {
    await handle.close();
  }
}
