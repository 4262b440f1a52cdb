// A run as lines, where there is no terminal to draw on: what people did, and of each node that it begins and how it ended.
import type { NodeSummary, RunEventView } from '../specs/run-views.schema.ts';
import { isEnd } from '../specs/status.ts';
import type { Context } from './context.ts';
import { nodeLine } from './run.ts';
import { oneLine, paint } from './text.ts';

/** Shows how a run goes on. */
export interface Screen {
  event(event: RunEventView): void;
  nodes(nodes: readonly NodeSummary[]): void;
  /** Nothing of it changes any more. */
  close(): void;
}

/** What is to be known beside the statuses of nodes. */
export const TOLD: ReadonlySet<string> = new Set([
  'kill',
  'rerun',
  'mark',
  'disable',
  'enable',
  'pause',
  'resume',
  'approve',
  'signal',
  'refused',
  'note',
]);

export function eventText({ type, reason, by }: RunEventView): string {
  return [type, reason, by === undefined ? undefined : `by ${by}`].filter((word) => word !== undefined).join(' ');
}

/** So long nodes wait for their turn before that is told, and then no more often. */
const HELD_MS = 5_000;

/** A line when a node begins and one when it has ended; those that wait for their turn are told of together. `before`: what is no news. */
export function lineScreen({ note, colorErrors: color }: Pick<Context, 'note' | 'colorErrors'>, before: readonly NodeSummary[] = []): Screen {
  const shown = new Map(before.map((node) => [node.name, stepOf(node)]));
  const held = new Map<string, NodeSummary>();
  let told = '';
  let timer: NodeJS.Timeout | undefined;
  const say = (text: string): void => note(`${paint(color, 'dim', new Date().toISOString().slice(11, 19))} ${text}`);
  const tellHeld = (): void => {
    timer = undefined;
    const [first] = held.values();
    if (first === undefined) return;
    const text = oneLine(
      `${held.size === 1 ? `${first.name} waits` : `${held.size} nodes wait`}${first.reason === undefined ? '' : `: ${first.reason}`}`,
    );
    if (text !== told) say(text);
    told = text;
    timer = setTimeout(tellHeld, HELD_MS);
  };
  return {
    event(event) {
      if (TOLD.has(event.type)) say(oneLine(eventText(event)));
    },
    nodes(nodes) {
      for (const node of nodes) {
        if (node.status === 'CREATED' || node.status === 'ACCEPTED') held.set(node.name, node);
        else held.delete(node.name);
        const step = stepOf(node);
        if (step === undefined || shown.get(node.name) === step) continue;
        shown.set(node.name, step);
        say(`${oneLine(node.name)} ${nodeLine(color, node)}`);
      }
      if (held.size > 0) timer ??= setTimeout(tellHeld, HELD_MS);
    },
    close: () => clearTimeout(timer),
  };
}

/** What is told once of a node: that an attempt has begun, that it is lost, how it ended. Undefined before that. */
function stepOf({ status, attempt }: NodeSummary): string | undefined {
  if (status === 'STARTING' || status === 'RUNNING') return `${attempt} has begun`;
  const isTold = status === 'UNKNOWN' || status === 'SKIPPED' || status === 'DISABLED' || (status !== 'WAITING' && isEnd(status));
  return isTold ? `${attempt} ${status}` : undefined;
}
