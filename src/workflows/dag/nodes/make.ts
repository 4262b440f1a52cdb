// What runs a node of each kind.
import type { Json } from '../../../specs/execution.ts';
import type { ItemId } from '../../../specs/run.ts';
import type { Notes } from '../carry.ts';
import type { NodeRun, RunHost } from '../host.ts';
import { ChildNode, type ChildStart } from './child.ts';
import { ItemsNode, type ItemsStart } from './items.ts';
import type { CarriedJob } from './job.ts';
import { SingleJob, type SingleStart } from './single.ts';
import { WaitNode, type WaitStart } from './wait.ts';

/** A start of a node. After a continue-as-new: what the run before has left of it, and its jobs by item. */
export interface Start {
  readonly node: number;
  readonly attempt: number;
  readonly carried?: Json | undefined;
  readonly jobs?: ReadonlyMap<ItemId | '', CarriedJob> | undefined;
}

/** `later`: to be done once the start has been carried out. */
export function makeNode(host: RunHost, notes: Notes, { node, attempt, carried, jobs }: Start, later: (act: () => void) => void): NodeRun {
  const { name, kind } = host.node(node);
  const why = notes.why && { why: notes.why };
  switch (kind) {
    case 'job': {
      const start = (carried as SingleStart | undefined) ?? { attempt, job: attempt - (notes.lag[name] ?? 0), ...why };
      const lost = (): void => {
        notes.lag[name] = (notes.lag[name] ?? 0) + 1;
      };
      return new SingleJob(host, node, start, lost, jobs?.get(''));
    }
    case 'dag':
      return new ChildNode(host, node, (carried as unknown as ChildStart | undefined) ?? { attempt });
    case 'wait': {
      const start = (carried as unknown as WaitStart | undefined) ?? { attempt, since: new Date().toISOString() };
      const run = new WaitNode(host, node, start);
      const signal = takeSignal(host, notes, node);
      if (signal !== undefined) later(() => run.told({ type: 'signal', name: signal }));
      return run;
    }
    default: {
      const scope = notes.scopes[name];
      delete notes.scopes[name];
      const tries = notes.tries?.[name];
      const fresh: ItemsStart = { attempt, ...(scope !== undefined && { scope }), ...why, ...(tries && { tries }) };
      const start = (carried as unknown as ItemsStart | undefined) ?? fresh;
      const keep = (items: Notes['items'][string]): void => {
        notes.items[name] = items;
      };
      return new ItemsNode(host, node, start, notes.items[name], keep, jobs as ReadonlyMap<ItemId, CarriedJob> | undefined);
    }
  }
}

/** The signal that a node waits for, if it came before; it is used up. */
function takeSignal(host: RunHost, notes: Notes, node: number): string | undefined {
  const { waits } = host.node(node);
  if (typeof waits !== 'object' || !notes.signals.includes(waits.signal)) return undefined;
  notes.signals = notes.signals.filter((name) => name !== waits.signal);
  return waits.signal;
}
