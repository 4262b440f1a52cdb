// The page of one schedule: how it stands, what comes next, what was decided.
import type { ScheduleView } from '../specs/schedule-views.schema.ts';
import type { Output } from './output.ts';
import { oneLine } from './text.ts';

const line = (name: string, value: string | undefined): string => (value === undefined ? '' : `${`${name}:`.padEnd(13)} ${oneLine(value)}\n`);

export function schedulePage(_out: Output, view: ScheduleView): string {
  const { paused } = view;
  const who = paused?.by === undefined ? 'by its document' : `by ${paused.by}${paused.at === undefined ? '' : ` since ${paused.at}`}`;
  const upcoming = view.upcoming.map(
    ({ local, dataDate, fireAt, cycle, reason }) =>
      `  ${local}  data of ${dataDate}${fireAt === cycle ? '' : `, starts ${fireAt}`}${reason === undefined ? '' : `  skipped: ${oneLine(reason)}`}\n`,
  );
  const recent = view.recent.map(
    ({ cycle, state, job, run, status, outcome, reason }) =>
      `  ${cycle}  ${state}${[job ?? run, outcome ?? status, reason].map((word) => (word === undefined ? '' : `  ${oneLine(word)}`)).join('')}\n`,
  );
  return [
    line('Schedule', `${view.kind} ${view.name}, version ${view.version}`),
    line('When', view.words),
    line('State', view.state),
    line('Paused', paused && `${who}${paused.note === '' ? '' : `: ${paused.note}`}`),
    line('Next', view.next),
    line('Workflow', view.workflowId),
    upcoming.length === 0 ? '' : `\nWhat comes next\n${upcoming.join('')}`,
    recent.length === 0 ? '' : `\nNewest cycles\n${recent.join('')}`,
  ].join('');
}
