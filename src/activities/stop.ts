// Stop: everything with the attempt's key ends, and stays ended. Repeating it changes nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { crashPoint, guardStands } from '../crash-points.ts';
import { StepError, hasCode } from '../specs/errors.ts';
import type { StopInput, StopResult } from '../specs/activities.ts';
import type { Handle, Observation } from '../specs/execution.ts';
import type { Adapter, Attempt } from '../adapters/contract.ts';
import { beating } from './beat.ts';
import { openAttempt, type LifecycleDeps } from './container.ts';
import { hiding } from './hiding.ts';
import { readObservation } from './observation.ts';
import type { Mask } from './mask.ts';
import { Steps } from './steps.ts';

/** How often the key is looked up while it settles. */
const LOOK_MS = 100;

const isProof = ({ phase }: Observation): boolean => phase === 'ended' || phase === 'not-found';

/** Retried by the workflow until there is a proof; an adapter's refusal is a result, not a failure. */
export async function stop(deps: LifecycleDeps, input: StopInput): Promise<StopResult> {
  const { cancellationSignal } = Context.current();
  const steps = new Steps('stop', cancellationSignal);
  return await beating(
    () => ({ step: steps.current, key: input.attempt.key }),
    async () => {
      steps.mask = (await hiding(deps, input)).mask;
      return await steps.run('stop', async (signal) => {
        const { cluster, attempt } = await openAttempt(deps, input);
        return await stopAttempt(cluster.adapter, attempt, input, steps.mask, signal);
      });
    },
  );
}

async function stopAttempt(adapter: Adapter, attempt: Attempt, input: StopInput, mask: Mask, signal: AbortSignal): Promise<StopResult> {
  const stopped: Handle[] = [];
  let handle = input.handle ?? (await adapter.find(attempt));
  // An end that the cluster saw before the stop is the truth.
  let seen = handle === undefined ? undefined : readObservation((await adapter.describe([{ attempt, handle }]))[0], mask);
  if (seen?.phase !== 'ended') {
    crashPoint('stop.before');
    let tooLate = false;
    try {
      const proof = await adapter.stop(attempt, handle, { force: input.how === 'forced', graceMs: input.graceMs });
      tooLate = proof.byItself === true;
      seen = readObservation(proof, mask);
    } catch (error) {
      if (!hasCode(error, 'START_REFUSED')) throw error;
      const refused = mask.text(error instanceof Error ? error.message : String(error));
      return { observation: seen ?? unseen(refused), refused, stopped };
    }
    crashPoint('stop.after');
    if (handle !== undefined && !tooLate) stopped.push(handle);
  }
  if (guardStands('kill-settle')) {
    for (let quietSince = performance.now(); performance.now() - quietSince < input.settleMs;) {
      await sleep(Math.min(LOOK_MS, input.settleMs), undefined, { signal });
      const late = await adapter.find(attempt);
      if (late === undefined || !(await lives(adapter, attempt, late))) continue;
      seen = readObservation(await adapter.stop(attempt, late, { force: true, graceMs: input.graceMs }), mask);
      handle = late;
      stopped.push(late);
      quietSince = performance.now();
    }
  }
  if (!isProof(seen)) {
    throw new StepError('INTERNAL', `the job is not proved to have ended: the cluster says ${seen.phase} ${seen.message ?? ''}`, { retryable: true });
  }
  return { observation: seen, stopped };
}

async function lives(adapter: Adapter, attempt: Attempt, handle: Handle): Promise<boolean> {
  const [answer] = await adapter.describe([{ attempt, handle }]);
  return answer !== undefined && !isProof(answer);
}

const unseen = (message: string): Observation => ({ phase: 'unknown', message, observedAt: new Date().toISOString() });
