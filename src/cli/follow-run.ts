// Follows a run to its end on stderr: as a tree that redraws itself on a terminal, else a line for each change.
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import type { NodeSummary, RunEventView, RunSummary, RunView } from '../specs/run-views.schema.ts';
import type { Context } from './context.ts';
import { EXIT } from './failure.ts';
import { exitCodeOfRun, runLine } from './run.ts';
import { eventText, lineScreen, TOLD, type Screen } from './run-lines.ts';
import { treeLines, treeOf, type TreeRow } from './run-tree.ts';
import { oneLine, paint } from './text.ts';

/** Time to ask again whether the rerun that was asked for has begun. */
const NOT_YET_MS = 300;
/** A terminal is drawn no more often. */
const DRAW_MS = 100;

/** From where on a run is followed: what a rerun has not caused is no news. */
export interface From {
  readonly generation: number;
  /** Its nodes as they were then. */
  readonly before: readonly NodeSummary[];
}

/**
 * Follows a run, or what a rerun makes of it; returns the exit code. The first Ctrl-C detaches: the run goes on, the way back is shown, 130. A second
 * one ends the process at once.
 */
export async function followRun(context: Context, id: string, from: From = { generation: 1, before: [] }): Promise<number> {
  const detach = new AbortController();
  const interrupt = (): void => {
    if (detach.signal.aborted) process.exit(EXIT.interrupted);
    detach.abort();
  };
  process.on('SIGINT', interrupt);
  try {
    return await follow(context, id, from, detach.signal);
  } catch (error) {
    if (!detach.signal.aborted) throw error;
    context.note(
      `\nDetached: run ${id} goes on.\n  come back  longshore wait ${id}\n  look       longshore describe ${id}\n  stop it    longshore kill ${id}`,
    );
    return EXIT.interrupted;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

async function follow(context: Context, id: string, { generation, before }: From, signal: AbortSignal): Promise<number> {
  const { client } = context;
  const screen = process.stderr.isTTY ? await treeScreen(context, id) : lineScreen(context, before);
  const onLost = (): void => context.note('The connection to the server is lost; trying again. The run is not affected.');
  try {
    for (let ended = false; !ended;) {
      for await (const message of client.stream('runEvents', { params: { id } }, { signal, onLost })) {
        if (message.event === 'nodes') screen.nodes((JSON.parse(message.data) as { items: NodeSummary[] }).items);
        // A rerun that is on its way finds the run where it ended before.
        else if (message.event === 'end') ended = (JSON.parse(message.data) as RunSummary).generation >= generation;
        else {
          const event = JSON.parse(message.data) as RunEventView;
          if (event.generation >= generation) screen.event(event);
        }
      }
      if (!ended) await delay(NOT_YET_MS, undefined, { signal });
    }
  } finally {
    screen.close();
  }
  const run = await client.call('getRun', { params: { id }, signal });
  context.out.show(run, () => '');
  context.note(`${runLine(context.colorErrors, run)}\n${hintOf(run)}`);
  return exitCodeOfRun(run);
}

/** One line of an event: time, status, what happened, which nodes changed. */
export function runEventLine(color: boolean, event: RunEventView): string {
  const nodes = event.nodes.map(({ node, status, attempt }) => `${node} ${status}${attempt > 1 ? ` (attempt ${attempt})` : ''}`).join(', ');
  const words = event.type === 'status' || event.type === 'nodes' ? (event.reason ?? '') : eventText(event);
  const text = oneLine([words, nodes].filter((part) => part !== '').join('  '));
  const line = runLine(color, { status: event.status, outcome: event.outcome, paused: false });
  return `${paint(color, 'dim', event.at.slice(11, 19))} ${line}  ${text}`.trimEnd();
}

async function treeScreen(context: Context, id: string): Promise<Screen> {
  const { client, colorErrors: color } = context;
  const states = new Map<string, NodeSummary>();
  let rows = treeOf(await client.call('runGraph', { params: { id } }));
  const known = new Set(rows.map(({ name }) => name));
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    timer = undefined;
    // A terminal that does not know its size says 0.
    const columns = process.stderr.columns || 80;
    const height = process.stderr.rows || 24;
    const lines = fit(rows, states, color, height - 3).map((line) => clip(line, columns - 1));
    // Up to where the tree began, then over it: what is longer than before pushes the rest down, what is shorter leaves nothing behind.
    process.stderr.write(`${drawn > 0 ? `\u001B[${drawn}A` : ''}${lines.map((line) => `\u001B[2K${line}\n`).join('')}\u001B[J`);
    drawn = lines.length;
  };
  return {
    event(event) {
      if (!TOLD.has(event.type)) return;
      // Stands above the tree, which is drawn anew under it.
      if (drawn > 0) process.stderr.write(`\u001B[${drawn}A\u001B[J`);
      drawn = 0;
      context.note(oneLine(eventText(event)));
      draw();
    },
    nodes(nodes) {
      for (const node of nodes) {
        states.set(node.name, node);
        // A rerun on another version may have others.
        if (!known.has(node.name)) rows = [...rows, { name: node.name, lead: '', also: [] }];
        known.add(node.name);
      }
      timer ??= setTimeout(draw, DRAW_MS);
    },
    close() {
      clearTimeout(timer);
      draw();
    },
  };
}

/** All of it where there is room, else what goes on or went wrong, and how many others there are. */
function fit(rows: readonly TreeRow[], states: ReadonlyMap<string, NodeSummary>, color: boolean, height: number): string[] {
  if (rows.length <= height) return treeLines(color, rows, states);
  const quiet: ReadonlySet<string | undefined> = new Set(['SUCCEED', 'WAITING', 'SKIPPED', 'DISABLED', undefined]);
  const loud = rows.filter(({ name }) => !quiet.has(states.get(name)?.status)).map((row) => ({ ...row, lead: '', also: [] }));
  const counts = new Map<string, number>();
  for (const { status } of states.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
  const summary = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  return [...treeLines(color, loud.slice(0, Math.max(0, height - 1)), states), paint(color, 'dim', summary)];
}

/** Shortened to the width of the terminal, without its colours where that is needed. */
function clip(line: string, width: number): string {
  const text = stripVTControlCharacters(line);
  return text.length <= width ? line : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function hintOf(run: RunView): string {
  if (run.outcome === 'SUCCEED') return `  outputs  longshore result ${run.id}`;
  return `  details  longshore describe ${run.id}\n  again    longshore rerun ${run.id} --failed -f`;
}
