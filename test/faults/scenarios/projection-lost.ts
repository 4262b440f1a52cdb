import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { JobSummary } from '../../../src/specs/views.schema.ts';
import type { Scenario } from '../scenario.ts';

export default {
  hazard: "The store's rows of executions are lost; they are rebuilt from Temporal's histories and say the same.",
  rows: ['CP-09'],
  guards: [],
  quick: true,
  async play(world) {
    const kinds = ['quick', 'failing', 'flaky', 'output'] as const;
    const jobs = Array.from({ length: 12 }, (_, i) => world.plan(kinds[i % kinds.length]!, `row-${i}`));
    await world.submit(jobs);
    for (const job of jobs) await world.reaches(job.intent.requestId, job.intent.may);
    await delay(2_000);
    const before = comparable(await world.client.list());

    const database = new Database(path.join(world.stack.folder, 'main', 'longshore.db'));
    database.pragma('foreign_keys = OFF');
    for (const table of ['events', 'attempts', 'job_labels', 'job_inputs', 'jobs']) database.prepare(`DELETE FROM ${table}`).run();
    database.close();
    if ((await world.client.list()).length > 0) throw new Error('the rows were to be gone');

    await world.stack.admin('POST', '/api/v1/rebuild', {});
    const after = comparable(await world.client.list());
    if (after !== before) throw new Error(`the rebuilt rows differ.\nbefore: ${before}\nafter:  ${after}`);
  },
} satisfies Scenario;

/** What must be equal: everything but the time of the last write. */
const comparable = (jobs: readonly JobSummary[]): string =>
  JSON.stringify(jobs.map(({ updatedAt: _updatedAt, ...job }) => job).sort((a, b) => a.id.localeCompare(b.id)));
