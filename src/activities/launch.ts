// Initialize, Prepare, Start and the first Describe in one activity, and for a job that has ended by then Submit and Clean, too:
// neighbours on one queue share what an activity costs.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { crashPoint, guardStands } from '../crash-points.ts';
import { makeWorkspace, removeWorkspace } from '../jobtypes/workspace.ts';
import type { AttemptInput, FinishInput, FinishResult, LaunchResult } from '../specs/activities.ts';
import type { Handle, Observation } from '../specs/execution.ts';
import { withTimeline } from '../specs/timeline.ts';
import type { StartContext } from '../adapters/contract.ts';
import { checkAllowed } from './allow.ts';
import { beating } from './beat.ts';
import { initialize, type LifecycleDeps, type Opened } from './container.ts';
import { endAttempt, stepsOfEnd } from './finish.ts';
import { openGate, type GateClosed } from './gate.ts';
import { hiding, noteGiven } from './hiding.ts';
import { Mask } from './mask.ts';
import { readHandle, readObservation } from './observation.ts';
import { resolveSecrets } from './secrets.ts';
import { Steps } from './steps.ts';

/** A job on this machine that ends within this time needs no describe. Elsewhere none ends so soon, and a slot would be held for nothing. */
const HOLD_MS = 2_000;
/** How often it is looked at meanwhile: that is a few file reads. */
const LOOK = { first: 2, most: 50 };
/** A closed gate that may open again is tried so often. */
const AGAIN_MS = 500;
const DEFAULT_HEARTBEAT_MS = 10_000;
const CANCEL_HEARD_MS = 15_000;

/** `busy`: whether other launches wait for a slot; then a running job is left to describe at once. */
export async function launch(deps: LifecycleDeps, input: AttemptInput, busy: () => boolean): Promise<LaunchResult> {
  const { cancellationSignal } = Context.current();
  const steps = new Steps('launch', cancellationSignal);
  return await beating(
    () => ({ step: steps.current }),
    async () => {
      const { opened, secrets } = await steps.run('initialize', async (signal) => {
        checkAllowed(deps.config, deps.host.workerId, input);
        const secrets = await resolveSecrets(deps, input.attempt.app, input.spec.secrets);
        steps.mask = new Mask(secrets.values());
        return { secrets, opened: await initialize(deps, input, signal) };
      });
      const adopted = guardStands('find') ? await steps.run('start', () => opened.cluster.adapter.find(opened.attempt)) : undefined;
      // What an earlier try has started may have got other values than these.
      if (adopted !== undefined) steps.mask = (await hiding(deps, input)).mask;
      const started = adopted ?? (await prepareAndStart(deps, opened, secrets, steps));
      // A job that lives elsewhere has been given what was prepared here.
      if (opened.cluster.adapter.collect !== undefined) await removeWorkspace(opened.attempt.workspace).catch(() => undefined);
      const handle = await steps.run('start', async () => readHandle(started));
      crashPoint('launch.after-start');
      const observation = await firstLook(opened, handle, steps, busy);
      const finished = observation.phase === 'ended' ? await finishAtOnce(deps, opened, { ...input, handle, observation }) : undefined;
      crashPoint('launch.before-reply');
      return { handle, observation, timings: steps.timings, ...(finished && { finished }) };
    },
  );
}

/** What the activity `finish` would do, without the cost of another one. What cannot be done now is left to it. */
async function finishAtOnce(
  deps: LifecycleDeps,
  opened: Opened,
  input: Omit<FinishInput, 'submit'> & { readonly observation: Observation },
): Promise<FinishResult | undefined> {
  const ending = { ...opened, opening: Promise.resolve(opened), hidden: await hiding(deps, input) };
  return await endAttempt(deps, stepsOfEnd(ending.hidden), ending, { ...input, submit: input.observation.final === 'succeeded' }).catch(
    () => undefined,
  );
}

async function prepareAndStart(deps: LifecycleDeps, opened: Opened, secrets: ReadonlyMap<string, string>, steps: Steps): Promise<Handle> {
  const prepared = await steps.run('prepare', async (signal) => {
    await makeWorkspace(opened.attempt.workspace);
    await noteGiven(opened.cluster.adapter, opened.attempt, secrets);
    const plan = await opened.jobType.prepare({ ...opened.container, signal }, opened.context);
    return { plan, secrets, staged: await opened.cluster.adapter.stage?.(opened.attempt, { plan, secrets, signal }) };
  });
  crashPoint('launch.before-start');
  return await steps.run('start', (signal) => start(deps, opened, { ...prepared, signal }, steps));
}

/** Each round is look-up, gate, act (the adapter's start); a gate that closed for lack of an answer or of time begins another one. */
async function start(deps: LifecycleDeps, { attempt, cluster }: Opened, prepared: Omit<StartContext, 'gate'>, steps: Steps): Promise<Handle> {
  const { info } = Context.current();
  const fenceMs = 0.6 * (info.heartbeatTimeoutMs ?? DEFAULT_HEARTBEAT_MS);
  for (;;) {
    let closed: GateClosed | undefined;
    const ask = openGate({ tokens: deps.tokens, taskToken: info.taskToken, details: () => ({ step: steps.current }), fenceMs });
    const gate = async () => {
      try {
        await ask();
      } catch (error) {
        closed = error as GateClosed;
        throw error;
      }
    };
    try {
      return await cluster.adapter.start(attempt, { ...prepared, gate });
    } catch (error) {
      if (closed === undefined) throw error;
      if (closed.refusal === 'cancelled' || closed.refusal === 'lost') await givenUp(closed);
      deps.logger.warn({ key: attempt.ref.key, refusal: closed.refusal }, 'start waits: %s', closed.message);
      await sleep(AGAIN_MS, undefined, { signal: prepared.signal });
    }
  }
}

/** The next heartbeat tells the SDK the same and cancels this try; only then it may report itself as cancelled. */
async function givenUp(closed: GateClosed): Promise<never> {
  const late = sleep(CANCEL_HEARD_MS, undefined, { ref: false });
  await Promise.race([Context.current().cancelled, late]);
  throw ApplicationFailure.retryable(closed.message, 'AMBIGUOUS_START');
}

/** Looks once, or on this machine until the job has ended, for at most two seconds. A cluster that cannot be asked now is left to describe. */
async function firstLook({ attempt, cluster }: Opened, handle: Handle, steps: Steps, busy: () => boolean): Promise<Observation> {
  const began = performance.now();
  let seen: Observation = { phase: 'pending', message: 'started; not yet seen', observedAt: new Date().toISOString() };
  const look = async (): Promise<void> => {
    for (let pause = LOOK.first; ; pause = Math.min(pause * 1.3, LOOK.most)) {
      const [answer] = await cluster.adapter.describe([{ attempt, handle }]);
      seen = withTimeline(seen, readObservation(answer, steps.mask));
      const running = seen.phase === 'running' || seen.phase === 'pending';
      const over = performance.now() - began + pause > HOLD_MS || steps.signal.aborted;
      if (!cluster.type.hostBound || !running || over || (busy() && seen.phase === 'running')) return;
      await sleep(pause, undefined, { signal: steps.signal });
    }
  };
  // What has been started is reported with its handle, whatever becomes of the look.
  await steps.run('describe', look).catch(() => undefined);
  return seen;
}
