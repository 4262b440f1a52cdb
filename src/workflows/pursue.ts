// Runs something that may be given up when the job takes another course.
import { CancellationScope, condition } from '@temporalio/workflow';

/**
 * Its result. When `interrupted` becomes true it is cancelled and awaited, because what it did until then still counts.
 * With `left` it is cancelled and this is returned at once: for an activity whose cancel is not waited for. The SDK tells of such a cancel
 * in the same workflow task, before a local activity that still runs, and in a replay behind it; so nothing may follow from being told.
 */
export async function pursue<Result>(run: () => Promise<Result>, interrupted: () => boolean, left?: Result): Promise<Result> {
  const scope = new CancellationScope();
  let settled = false;
  const work = scope.run(run).finally(() => {
    settled = true;
  });
  // Whoever awaits `work` below sees its failure; until then it is not unhandled.
  work.catch(() => undefined);
  await condition(() => settled || interrupted());
  if (!settled) {
    scope.cancel();
    if (left !== undefined) return left;
  }
  return await work;
}

/** The same for launch, stop and finish: how many of them are under way is counted. */
export async function pursueStep<Result>(steps: { underWay: number }, run: () => Promise<Result>, interrupted: () => boolean): Promise<Result> {
  steps.underWay += 1;
  const result = await pursue(run, interrupted);
  steps.underWay -= 1;
  return result;
}
