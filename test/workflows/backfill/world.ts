// A backfill without Temporal: the shipped machine and the shipped activities over a real store. What a crash loses is the answer of a step
// whose effect is there.
import { createBackfillActivities } from '../../../src/activities/backfill/index.ts';
import type { BackfillSettings, BackfillTurn } from '../../../src/specs/backfill.ts';
import type { JobInput } from '../../../src/specs/execution.ts';
import { jobWorkflowId } from '../../../src/specs/identity.ts';
import { cycleRequestId, type WaitingCycle } from '../../../src/specs/schedule-run.ts';
import type { BackfillCycleRow, BackfillRow } from '../../../src/store/backfills-contract.ts';
import type { Store } from '../../../src/store/contract.ts';
import {
  answered,
  failed,
  killed,
  newBackfill,
  next,
  said,
  started,
  woken,
  type Backfill,
  type BackfillStep,
} from '../../../src/workflows/backfill/backfill.machine.ts';
import { event, recordOf, sampleInput } from '../../store/samples.ts';

let worlds = 0n;
/** A step that is not a sleep follows another at most so often: else the machine runs in circles. */
const MOST_STEPS = 5_000;
const SETTINGS: BackfillSettings = { from: '', until: '', order: 'oldest', parallelism: 1, failFast: true, existing: 'skip' };

export const cycleAt = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 3_600_000).toISOString().replace('.000', '');

export class World {
  readonly store: Store;
  readonly name = `nightly-${++worlds}`;
  row!: BackfillRow;
  state: Backfill = newBackfill();
  now = Date.UTC(2026, 5, 1);
  /** Jobs by cycle, with the attempt that each is at and whether that has ended. */
  readonly jobs = new Map<string, { input: JobInput; attempt: number; seq: number; ended: boolean }>();
  /** Every attempt that anybody began: "<cycle> <attempt>". */
  readonly begun: string[] = [];
  readonly rerunIds = new Set<string>();
  /** What the cluster says to a start: default, it begins. */
  refuse: (cycle: string) => string | Error | undefined = () => undefined;
  /** The most of its own that ever went on at once. */
  most = 0;
  readonly mine = new Set<string>();
  steps = 0;

  constructor(store: Store) {
    this.store = store;
  }

  /** `after`: the place that a cycle comes after; default none. */
  async create(count: number, settings: Partial<BackfillSettings> = {}, after: readonly (number | undefined)[] = []): Promise<void> {
    const cycles = Array.from({ length: count }, (_, n) => ({
      cycle: cycleAt(n),
      planned: cycleAt(n).slice(0, 19),
      zone: 'UTC',
      dataDate: '2026-01-01',
      ...(after[n] !== undefined && { after: after[n] }),
    }));
    const own = {
      app: 'etl',
      name: this.name,
      kind: 'Job',
      version: 1,
      digest: 'd',
      createdBy: 'alice',
      createdAt: '2026-06-01T00:00:00.000Z',
    } as const;
    this.row = await this.store.backfills.created(
      { ...own, id: String(8_000_000_000_000_000_000n + worlds), settings: { ...SETTINGS, ...settings } },
      cycles,
    );
  }

  get activities() {
    return createBackfillActivities({
      store: this.store,
      logger: { warn: () => undefined } as never,
      backfills: {
        start: (_, cycle) => this.begin(cycle),
        rerun: (_, { cycle, id, round }) => this.rerun(cycle, id, round),
        kill: async (_, id) => {
          const [cycle] = [...this.jobs].find(([, { input }]) => input.jobId === id)!;
          await this.end(cycle, 'KILLED');
        },
      },
    });
  }

  /** The same cycle is the same job, whoever starts it. */
  async begin({ cycle }: Pick<WaitingCycle, 'cycle'>, own = true): Promise<BackfillTurn> {
    const refused = this.refuse(cycle);
    if (refused instanceof Error) throw refused;
    if (refused !== undefined) return { refused };
    if (!this.jobs.has(cycle)) {
      const input = sampleInput();
      this.jobs.set(cycle, { input, attempt: 1, seq: 0, ended: false });
      this.begun.push(`${cycle} 1`);
      await this.store.executions.created(input, jobWorkflowId('etl', '', cycleRequestId(this.name, cycle)));
    }
    if (own) this.mine.add(cycle);
    return { id: this.jobs.get(cycle)!.input.jobId };
  }

  private async rerun(cycle: string, id: string, round: number): Promise<BackfillTurn> {
    const job = this.jobs.get(cycle)!;
    if (job.ended && job.attempt === round && !this.rerunIds.has(cycle)) {
      this.rerunIds.add(cycle);
      Object.assign(job, { attempt: round + 1, ended: false });
      this.begun.push(`${cycle} ${round + 1}`);
      await this.store.executions.record(recordOf(job.input, [event(++job.seq, 'RUNNING', { attempt: job.attempt })]));
    }
    this.mine.add(cycle);
    return { id };
  }

  /** The job of a cycle ends now. */
  async end(cycle: string, status: 'SUCCEED' | 'FAILED' | 'KILLED' = 'SUCCEED'): Promise<void> {
    const job = this.jobs.get(cycle)!;
    if (job.ended) return;
    job.ended = true;
    const at = new Date(this.now).toISOString();
    await this.store.executions.record(recordOf(job.input, [event(++job.seq, status, { at, attempt: job.attempt, set: { endedAt: at } })]));
  }

  get going(): string[] {
    return [...this.jobs].filter(([, { ended }]) => !ended).map(([cycle]) => cycle);
  }

  wake(): void {
    this.state = woken(this.state);
  }
  pause(): void {
    this.state = said(this.state, { to: 'pause', hold: { note: 'wait', by: 'alice', at: '' } });
  }
  resume(): void {
    this.state = said(this.state, { to: 'resume' });
  }
  kill(runs: boolean): void {
    this.state = said(this.state, { to: 'kill', kill: { by: 'alice', at: '', runs } });
  }
  /** The workflow was terminated; another takes up what the store says. */
  terminate(): void {
    this.state = newBackfill();
  }

  /** Does one step; `lost`: its answer is lost, and the step is done again later. */
  async step(lost = false): Promise<BackfillStep> {
    const step = next(this.row, this.state, this.now);
    this.steps++;
    const { activities } = this;
    const ref = { app: 'etl', id: this.row.id };
    let after = this.state;
    if (step.do === 'ask') after = answered(this.state, await activities.lookBackfill(step.question));
    else if (step.do === 'start') {
      try {
        after = started(this.state, await activities.startBackfillCycles({ ...ref, cycles: step.cycles, slots: step.slots }));
      } catch (error) {
        after = failed(this.state, (error as Error).message, this.now);
      }
    } else if (step.do === 'kill') {
      await activities.killBackfillCycles({ ...ref, open: step.open });
      after = killed(this.state, step.open);
    } else if (step.do === 'end') await activities.endBackfill({ ...ref, state: step.state, reason: step.reason });
    this.most = Math.max(this.most, this.going.filter((cycle) => this.mine.has(cycle)).length);
    this.state = lost ? this.state : step.do === 'end' ? woken(after) : after;
    return step;
  }

  /** Until it sleeps, or has ended. */
  async settle(): Promise<BackfillStep> {
    this.wake();
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const step = await this.step();
      if (step.do === 'sleep' || step.do === 'leave') return step;
    }
    throw new Error('the machine runs in circles');
  }

  async rows(): Promise<BackfillCycleRow[]> {
    return await this.store.backfills.cycles(this.row.id, {}, { limit: 100_000 });
  }
  async states(): Promise<string[]> {
    return (await this.rows()).map(({ state, status }) => status ?? state);
  }
  async stands(): Promise<BackfillRow> {
    return (await this.store.backfills.backfill(this.row.id))!;
  }
}
