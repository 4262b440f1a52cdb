/**
 * A wait for cycles of another DAG. One look at the store per try: what is not met yet fails the try, with the cycle that is missing in words, and
 * Temporal tries again. So ten thousand waits keep no slot and no timer of ours, a restart loses nothing, and history does not grow.
 */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { heartbeat } from '@temporalio/activity';
import { missingCycles } from '../../schedules/missing-cycles.ts';
import type { RunDuties } from '../../specs/run.ts';
import type { SchedulerDeps } from '../deps.ts';
import type { OpenedDags } from './opened.ts';

/** From one look to the next. */
const EVERY = '5 s';

type Input = Parameters<RunDuties['awaitCycles']>[0];

export async function awaitCycles(
  { store }: Pick<SchedulerDeps, 'store'>,
  opened: OpenedDags,
  { run, node }: Input,
): ReturnType<RunDuties['awaitCycles']> {
  const { wait } = (await opened.of(run.app, run.spec)).dag.nodes[node] ?? {};
  if (wait === undefined || !('dag' in wait)) return { failed: `node ${node} does not wait for another DAG` };
  const answer = await missingCycles(store, run, wait);
  if (answer === undefined) return { met: true };
  if ('failed' in answer) return answer;
  heartbeat(answer.missing);
  throw ApplicationFailure.create({
    message: answer.missing,
    type: 'NOT_YET',
    nextRetryDelay: EVERY,
    category: ApplicationFailureCategory.BENIGN,
  });
}
