// What expressions read of a run itself.
import type { RunValues, Values } from '../expressions/types.ts';
import type { RunInput } from '../specs/run.ts';

/** The run and its cycle. Its start is its creation, so that every evaluation sees the same. */
export function runValues(run: Pick<RunInput, 'runId' | 'app' | 'dag' | 'version' | 'createdAt' | 'by' | 'cycle'>): Pick<Values, 'run' | 'cycle'> {
  const { runId: id, app, dag, version = 0, createdAt: startedAt, by, cycle } = run;
  const values: RunValues = { id, app, dag, version, startedAt, by };
  if (cycle === undefined) return { run: values };
  const { planned, dataDate, zone, previous, next } = cycle;
  return { run: values, cycle: { planned, dataDate, zone, ...(previous !== undefined && { previous }), ...(next !== undefined && { next }) } };
}
