// Lives of a schedule and of a backfill, recorded as those of jobs are.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { admissionRules } from '../../src/activities/admission/index.ts';
import { createScheduleActivities } from '../../src/activities/schedule/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { workflowBundle } from '../helpers/temporal.ts';
import { scheduleOf } from '../schedules/helpers.ts';
import { World as BackfillWorld } from '../workflows/backfill/world.ts';
import { eventually } from '../workflows/eventually.ts';
import { World } from '../workflows/schedule/world.ts';

type Play = (env: TestWorkflowEnvironment, world: World, backfill: BackfillWorld) => Promise<WorkflowHandle>;

const QUEUE = 'recorded';

/** Plays a life to its end, and returns its workflow. */
export const TIMED_SCENARIOS: Readonly<Record<string, Play>> = {
  'schedule-pauses-and-is-removed': async (env, world) => {
    world.save(scheduleOf({ cron: '* * * * * *', overlap: 'wait' }));
    const schedule = await env.client.workflow.start('schedule', {
      taskQueue: QUEUE,
      workflowId: `schedule:etl:${world.ref.name}`,
      args: [world.ref],
    });
    await eventually(() => world.begun.length === 1);
    await world.end(world.begun[0]!);
    await schedule.signal('wake');
    await eventually(() => world.begun.length === 2);
    await schedule.signal('pause', { by: 'bob', note: 'the move' });
    await eventually(async () => (await world.store.schedules.schedule('etl', world.ref.name))?.hold !== undefined);
    await schedule.signal('resume', { by: 'bob' });
    world.versions.push({ since: Date.now(), schedule: undefined });
    await schedule.signal('wake');
    await schedule.result();
    return schedule;
  },
  'backfill-of-three': async (env, _world, backfill) => {
    await backfill.create(3);
    const { id } = backfill.row;
    const handle = await env.client.workflow.start('backfill', { taskQueue: QUEUE, workflowId: `backfill:etl:${id}`, args: [{ app: 'etl', id }] });
    await eventually(() => backfill.going.length === 1);
    await handle.signal('pause', { by: 'bob' });
    await handle.signal('resume', { by: 'bob' });
    for (let ended = 0; ended < 3; ended++) {
      await eventually(() => backfill.going.length === 1);
      await backfill.end(backfill.going[0]!);
      await handle.signal('wake');
    }
    await handle.result();
    return handle;
  },
};

/** Plays one with a scheduler of its own, and gives its workflow to `keep`. */
export async function playTimed(env: TestWorkflowEnvironment, play: Play, keep: (handle: WorkflowHandle) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-record-'));
  const store = await openSqliteStore({ file: join(folder, 'a.db'), rules: admissionRules });
  const world = new World(store, Date.now());
  const backfill = new BackfillWorld(store);
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: QUEUE,
    workflowBundle: await workflowBundle(),
    activities: { ...createScheduleActivities(world.deps as never), ...backfill.activities },
  });
  try {
    await worker.runUntil(async () => await keep(await play(env, world, backfill)));
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}
