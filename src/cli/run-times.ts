// A Gantt chart in text: a bar for each node over the time that the run took.
import { formatDuration } from '../specs/units.ts';
import type { TimelineView } from '../specs/run-views.schema.ts';
import type { Output } from './output.ts';
import { oneLine, paintNode } from './text.ts';

const WIDTH = 48;

/** `·` in the queue, `━` running, by attempt; `*` on the critical path. */
export function timesText(out: Output, { items, criticalPath }: TimelineView, now: number = Date.now()): string {
  const bars = items.flatMap(({ attempts }) => attempts);
  const starts = bars.flatMap(({ queuedAt }) => (queuedAt === undefined ? [] : [Date.parse(queuedAt)]));
  if (starts.length === 0) return 'Nothing has started yet.\n';
  const from = Math.min(...starts);
  const to = Math.max(...bars.map(({ queuedAt, endedAt }) => Date.parse(endedAt ?? '') || (queuedAt === undefined ? from : now)));
  const column = (time: string | undefined): number | undefined =>
    time === undefined ? undefined : Math.min(WIDTH - 1, Math.floor(((Date.parse(time) - from) / Math.max(1, to - from)) * WIDTH));
  const critical = new Set(criticalPath.nodes.map(({ name }) => name));
  const width = Math.max(...items.map(({ name }) => name.length));
  const lines = items.map(({ name, status, attempts }) => {
    const cells: string[] = Array.from({ length: WIDTH }, () => ' ');
    for (const { queuedAt, startedAt, endedAt } of attempts) {
      const end = column(endedAt) ?? WIDTH - 1;
      for (let i = column(queuedAt) ?? end; i <= end; i++) cells[i] = '·';
      for (let i = column(startedAt) ?? end + 1; i <= end; i++) cells[i] = '━';
    }
    const last = attempts.at(-1);
    const took =
      last?.queuedAt === undefined
        ? ''
        : formatDuration(Math.max(0, (last.endedAt === undefined ? now : Date.parse(last.endedAt)) - Date.parse(last.queuedAt)));
    return `${critical.has(name) ? '*' : ' '} ${oneLine(name).padEnd(width)} ${cells.join('')} ${took.padStart(8)} ${paintNode(out.color, status)}\n`;
  });
  return `${lines.join('')}\n  ${formatDuration(to - from)} in all; critical path: ${criticalPath.nodes.map(({ name }) => oneLine(name)).join(' → ')}\n`;
}
