import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: "Temporal's database is lost while jobs run: they are UNKNOWN with their reason, and one resolve ends each.",
  rows: ['CP-16'],
  guards: [],
  quick: false,
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const jobs = Array.from({ length: 4 }, (_, i) =>
      world.plan('killed', `history-${i}`, { killAfterMs: null, may: ['KILLED', 'FAILED', 'UNKNOWN'] }),
    );
    await world.submit(jobs);
    for (const job of jobs) await world.started(job.intent.requestId);
    await world.stack.temporal.down();
    for (const end of ['', '-wal', '-shm']) await rm(path.join(world.stack.folder, `temporal.db${end}`), { force: true });
    world.stack.temporal.start();
    for (const process of world.stack.longshore) await process.crash();
    await world.stack.ready();
    for (const job of jobs) {
      const { code } = await world.reaches(job.intent.requestId, ['UNKNOWN'], 120_000);
      if (code !== 'HISTORY_LOST') throw new Error(`UNKNOWN with code ${code ?? 'none'}, not HISTORY_LOST`);
      await world.client.resolve(job.intent.requestId, 'killed');
      await world.reaches(job.intent.requestId, ['KILLED'], 60_000);
    }
  },
} satisfies Scenario;
