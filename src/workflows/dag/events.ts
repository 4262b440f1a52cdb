// What a run tells of itself: each transition as events with the nodes that it changed, on their way to the store.
import type { RunOutcome, RunStatus } from '../../specs/dag.ts';
import type { Timestamp } from '../../specs/execution.ts';
import type { NodeChange, RunEvent, RunRecord } from '../../specs/run.ts';
import type { RunEvents } from '../journal.ts';
import { PHASES, type Phase } from './dag.state.ts';

/** So many nodes in one event: with more, one transition of a large DAG would not fit into history. */
const MOST_CHANGES = 500;
/** So many events are written at a time. */
const MOST_EVENTS = 20;

/** The run's state after an event, as it is shown. */
export interface Shown {
  readonly status: RunStatus;
  readonly outcome?: RunOutcome;
  readonly generation: number;
  readonly paused: boolean;
}

/** What an event says besides the nodes that it changed. */
export type Told = Pick<RunEvent, 'type' | 'reason' | 'by' | 'of' | 'set' | 'message'>;

/** What a continue-as-new carries of it. */
export interface CarriedEvents {
  readonly seq: number;
  readonly queue: readonly RunEvent[];
}

export class Events implements RunEvents {
  readonly #record: (events: readonly RunEvent[]) => RunRecord;
  readonly #shown: () => Shown;
  #seq: number;
  #queue: RunEvent[];
  /** Changes of which no event tells yet, by node. What follows soon changes them again, or is told together with them. */
  readonly #changes = new Map<string, NodeChange>();
  #since: Timestamp = '';
  /** The run as these changes left it. */
  #then: Shown | undefined;
  #hurry = false;

  constructor(shown: () => Shown, record: (events: readonly RunEvent[]) => RunRecord, carried: CarriedEvents = { seq: 0, queue: [] }) {
    this.#shown = shown;
    this.#record = record;
    this.#seq = carried.seq;
    this.#queue = [...carried.queue];
  }

  get seq(): number {
    return this.#seq;
  }

  get urgent(): boolean {
    return this.#hurry || this.#queue.length > 0;
  }

  /** A node has changed. `lazy`: it will change again soon, or its job tells of it. */
  changed(change: NodeChange, lazy = false): void {
    const before = this.#changes.get(change.node);
    // A start and an end, or an end and what follows it, are two events: nothing of a node's life is left out.
    if (before && before.phase !== change.phase && isTold(before.phase)) this.#flush();
    if (this.#changes.size === 0) this.#since = now();
    this.#changes.delete(change.node);
    this.#changes.set(change.node, before?.phase === change.phase ? { ...before, ...change } : change);
    this.#then = this.#shown();
    if (!lazy) this.#hurry = true;
  }

  /** What was changed is to be told now. */
  hurry(): void {
    if (this.#changes.size > 0) this.#hurry = true;
  }

  /** An event of its own, with the changes that came with it. */
  tell(told: Told, changes: readonly NodeChange[] = []): void {
    this.#flush();
    this.#push(told, changes, now(), this.#shown());
  }

  next(): readonly RunEvent[] {
    this.#flush();
    return this.#queue.slice(0, MOST_EVENTS);
  }

  written(events: readonly RunEvent[]): void {
    this.#queue = this.#queue.filter(({ seq }) => !events.some((event) => event.seq === seq));
  }

  record(events: readonly RunEvent[]): RunRecord {
    return this.#record(events);
  }

  carried(): CarriedEvents {
    this.#flush();
    return { seq: this.#seq, queue: this.#queue };
  }

  #flush(): void {
    this.#hurry = false;
    if (this.#changes.size === 0) return;
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    this.#push({ type: 'nodes' }, changes, this.#since, this.#then!);
  }

  #push(told: Told, changes: readonly NodeChange[], at: Timestamp, shown: Shown): void {
    for (let from = 0; from === 0 || from < changes.length; from += MOST_CHANGES) {
      const nodes = changes.slice(from, from + MOST_CHANGES);
      const what: Told = from === 0 ? told : { type: 'nodes' };
      this.#queue.push({ seq: ++this.#seq, at, ...what, ...shown, ...(nodes.length > 0 && { nodes }) });
    }
  }
}

const isTold = (phase: string): boolean => phase === 'live' || phase === 'stopping' || PHASES[phase as Phase].end;

const now = (): string => new Date().toISOString();
