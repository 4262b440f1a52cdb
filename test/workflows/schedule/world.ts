// A schedule without Temporal: the shipped machine and the shipped activities over a real store, on a clock that the test turns. What a
// crash loses is the answer of a step whose effect is there.
import { decideCycles } from '../../../src/activities/schedule/decide.ts';
import { replaceCycles, startCycles } from '../../../src/activities/schedule/start.ts';
import { plannedAfter } from '../../../src/schedules/planned.ts';
import { formatInstant, formatWall } from '../../../src/specs/schedule-time.ts';
import type { CycleStart, ScheduleRef, WaitingCycle } from '../../../src/specs/schedule-run.ts';
import type { Schedule } from '../../../src/specs/schedule.schema.ts';
import type { Definition, Definitions, Store } from '../../../src/store/contract.ts';
import type { CycleRow } from '../../../src/store/schedules-contract.ts';
import {
  answered,
  failed,
  message,
  newState,
  next,
  replaced,
  started,
  woken,
  type ScheduleState,
  type Step,
} from '../../../src/workflows/schedule/schedule.machine.ts';
import { event, recordOf, sampleInput, workflowIdOf } from '../../store/samples.ts';
import type { JobInput } from '../../../src/specs/execution.ts';

let worlds = 0;
/** A step that is not a sleep follows another at most so often: else the machine runs in circles. */
const MOST_STEPS = 5_000;

export class World {
  readonly store: Store;
  readonly ref: ScheduleRef;
  now: number;
  state: ScheduleState = newState();
  /** Versions of the definition, oldest first; null: removed. */
  readonly versions: { readonly since: number; readonly schedule: Schedule | undefined }[] = [];
  removed = false;
  /** Every job that was made, by cycle. */
  readonly jobs = new Map<string, JobInput>();
  readonly ended = new Set<string>();
  readonly killed: string[] = [];
  readonly begun: string[] = [];
  /** What the cluster says to a start: default, it begins. */
  refuse: (cycle: WaitingCycle) => string | Error | undefined = () => undefined;
  steps: Step['do'][] = [];

  constructor(store: Store, now: number) {
    this.store = store;
    this.now = now;
    this.ref = { app: 'etl', name: `nightly-${++worlds}`, kind: 'Job' };
  }

  get definitions(): Pick<Definitions, 'get'> {
    return {
      get: (kind, app, name, version = this.versions.length) => {
        const found = this.versions[version - 1];
        if (found === undefined || (this.removed && version === this.versions.length)) return Promise.resolve(undefined);
        const definition: Definition = {
          kind,
          app,
          name,
          version,
          digest: String(version),
          createdAt: new Date(found.since).toISOString(),
          createdBy: 'test',
          spec: JSON.parse(JSON.stringify({ name, schedule: found.schedule })) as Definition['spec'],
        };
        return Promise.resolve(definition);
      },
    };
  }

  /** A new version of the definition, as `put` stores it and tells of it. */
  save(schedule: Schedule | undefined): void {
    this.versions.push({ since: this.now, schedule });
    this.wake();
  }

  wake(): void {
    this.state = woken(this.state);
  }

  say(to: 'pause' | 'resume', note = '', id?: string): void {
    this.state = message(this.state, to, { note, by: 'alice', ...(id !== undefined && { id }) }, this.now);
  }

  /** The workflow was terminated; another takes up what the store says. */
  terminate(): void {
    this.state = newState();
  }

  /** What the machine would do now. */
  peek(): Step {
    return next(this.ref, this.state, this.now);
  }

  /** Does one step; `lost`: its answer is lost, and the step is done again later. */
  async step(lost = false): Promise<Step> {
    const step = next(this.ref, this.state, this.now);
    this.steps.push(step.do);
    const before = this.state;
    if (step.do === 'ask') {
      this.state = answered(this.state, step.question, await decideCycles(this.deps.store, step.question));
    } else if (step.do === 'start') {
      try {
        const starts = await startCycles(this.deps, { ...this.ref, cycles: step.cycles, ...(step.giveUp !== undefined && { giveUp: step.giveUp }) });
        this.state = started(this.state, starts);
      } catch (error) {
        this.state = failed(this.state, (error as Error).message, this.now);
      }
    } else if (step.do === 'replace') {
      await replaceCycles(this.deps, { ...this.ref, open: step.open, cycle: step.cycle });
      this.state = replaced(this.state, step.open);
    }
    if (lost) this.state = before;
    return step;
  }

  /** Until it sleeps, or has ended. */
  async settle(): Promise<Step> {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const step = await this.step();
      if (step.do === 'sleep' || step.do === 'end') return step;
    }
    throw new Error(`the machine runs in circles: ${this.steps.slice(-10).join()}`);
  }

  /** Turns the clock to `until`, waking the schedule when it wants to be. */
  async run(until: number): Promise<void> {
    for (;;) {
      const step = await this.settle();
      if (step.do !== 'sleep' || this.now + step.ms > until) break;
      this.now += Math.max(step.ms, 1);
      this.wake();
    }
    this.now = until;
    this.wake();
    await this.settle();
  }

  /** What the activities are given. */
  get deps() {
    return {
      store: { ...this.store, definitions: this.definitions as Definitions },
      logger: { warn: () => undefined } as never,
      cycles: {
        start: (_: ScheduleRef, cycle: WaitingCycle) => this.begin(cycle),
        kill: async (_: ScheduleRef, id: string) => {
          const [cycle] = [...this.jobs].find(([, { jobId }]) => jobId === id)!;
          this.killed.push(cycle);
          await this.end(cycle, 'KILLED');
        },
      },
    };
  }

  private async begin(cycle: WaitingCycle): Promise<CycleStart> {
    const refused = this.refuse(cycle);
    if (refused instanceof Error) throw refused;
    if (refused !== undefined) return { cycle: cycle.cycle, refused };
    const known = this.jobs.get(cycle.cycle);
    const input = known ?? sampleInput();
    if (known === undefined) {
      this.jobs.set(cycle.cycle, input);
      this.begun.push(cycle.cycle);
      await this.store.executions.created(input, workflowIdOf(input));
    }
    return { cycle: cycle.cycle, id: input.jobId };
  }

  /** Somebody starts the next planned cycle now, by hand. */
  async hand(): Promise<void> {
    const schedule = this.versions.at(-1)!.schedule!;
    const [next] = plannedAfter(schedule, this.now).take(1);
    const cycle = formatInstant(next!.cycle);
    const waiting = { cycle, fireAt: cycle, planned: formatWall(next!.planned), dataDate: '2026-01-01', zone: schedule.timezone };
    await this.store.schedules.started(this.ref, waiting, await this.begin(waiting), new Date(this.now).toISOString(), { by: 'alice' });
  }

  /** The job of a cycle ends now. */
  async end(cycle: string, status: 'SUCCEED' | 'KILLED' = 'SUCCEED'): Promise<void> {
    if (this.ended.has(cycle)) return;
    this.ended.add(cycle);
    const at = new Date(this.now).toISOString();
    await this.store.executions.record(recordOf(this.jobs.get(cycle)!, [event(1, status, { at, set: { endedAt: at } })]));
    if ((await this.store.schedules.wakeable(100)).some(({ name }) => name === this.ref.name)) this.wake();
  }

  /** Cycles whose job goes on. */
  get going(): string[] {
    return this.begun.filter((cycle) => !this.ended.has(cycle));
  }

  async rows(): Promise<CycleRow[]> {
    return (await this.store.schedules.cycles(this.ref.app, this.ref.name, {}, { limit: 100_000 })).toReversed();
  }

  /** "STARTED 2026-06-01T06:00:00Z", or the code of a skip. */
  async verdicts(): Promise<string[]> {
    return (await this.rows()).map(({ state, code, cycle }) => `${code ?? state} ${cycle}`);
  }

  get clock(): string {
    return formatInstant(this.now);
  }
}
