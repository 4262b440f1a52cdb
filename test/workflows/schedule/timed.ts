// The workflow of a schedule on a server that skips time, over a real store, with schedulers that come and go.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { admissionRules } from '../../../src/activities/admission/index.ts';
import { createScheduleActivities } from '../../../src/activities/schedule/index.ts';
import { plannedAfter } from '../../../src/schedules/planned.ts';
import { formatInstant } from '../../../src/specs/schedule-time.ts';
import { scheduleWorkflowId } from '../../../src/specs/schedule-run.ts';
import type { ScheduleInput } from '../../../src/specs/schedule.schema.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/index.ts';
import { timeSkippingEnvironment, workflowBundle } from '../../helpers/temporal.ts';
import { scheduleOf } from '../../schedules/helpers.ts';
import { World } from './world.ts';

export class Timed {
  store!: Store;
  env!: TestWorkflowEnvironment;
  world!: World;
  handle!: WorkflowHandle;
  private readonly folder = mkdtempSync(join(tmpdir(), 'longshore-schedule-'));
  private readonly workers: { worker: Worker; done: Promise<void> }[] = [];

  async open(): Promise<void> {
    this.store = await openSqliteStore({ file: join(this.folder, 'a.db'), rules: admissionRules });
  }
  async close(): Promise<void> {
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }

  async startServer(): Promise<void> {
    this.env = await timeSkippingEnvironment();
    this.world = new World(this.store, await this.env.currentTimeMs());
  }
  /** Another scheduler, which does not have the workflow in memory, comes to the same. */
  async stopServer(): Promise<void> {
    await this.stopScheduler();
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, await this.handle.fetchHistory(), this.handle.workflowId);
    await this.handle.terminate().catch(() => undefined);
    await this.env.teardown();
  }

  private async startScheduler(): Promise<void> {
    const worker = await Worker.create({
      connection: this.env.nativeConnection,
      taskQueue: 'schedules',
      workflowBundle: await workflowBundle(),
      activities: createScheduleActivities(this.world.deps as never),
    });
    this.workers.push({ worker, done: worker.run() });
  }
  private async stopScheduler(): Promise<void> {
    for (const { worker, done } of this.workers.splice(0)) {
      worker.shutdown();
      await done;
    }
  }

  async begin(historyBudget?: number): Promise<void> {
    const { ref } = this.world;
    const args = [{ ...ref, ...(historyBudget !== undefined && { historyBudget }) }];
    this.handle = await this.env.client.workflow.start('schedule', {
      taskQueue: 'schedules',
      workflowId: scheduleWorkflowId(ref.app, ref.name),
      args,
    });
  }

  /** Stores the definition now, by the server's clock, and starts what it needs. */
  async save(input: ScheduleInput, historyBudget?: number): Promise<void> {
    this.world.now = await this.env.currentTimeMs();
    this.world.save(scheduleOf(input));
    await this.startScheduler();
    await this.begin(historyBudget);
  }

  /** Passes time; what the schedule does meanwhile is done. */
  async pass(ms: number): Promise<void> {
    await this.env.sleep(ms);
    this.world.now = await this.env.currentTimeMs();
  }

  /** "STARTED 2026-06-01T06:00:00Z", or the code of a skip, by its first version. */
  planned(from: number, to: number): string[] {
    const cycles: string[] = [];
    for (const { cycle, skip } of plannedAfter(this.world.versions[0]!.schedule!, from)) {
      if (cycle > to) break;
      cycles.push(`${skip?.code ?? 'STARTED'} ${formatInstant(cycle)}`);
    }
    return cycles;
  }
}

/** One for a file of tests: the store is kept, each test has a server of its own. */
export function timed(): Timed {
  const at = new Timed();
  beforeAll(() => at.open());
  afterAll(() => at.close());
  beforeEach(() => at.startServer());
  afterEach(() => at.stopServer());
  return at;
}
