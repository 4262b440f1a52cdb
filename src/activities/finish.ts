// The rest of the logs, Submit after success, and Clean always: the end is announced only afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createLogPump, logLimits, logSource } from './log-pump.ts';
import { crashPoint, guardStands } from '../crash-points.ts';
import type { FinishInput, FinishResult } from '../specs/activities.ts';
import type { Outputs } from '../specs/execution.ts';
import { StepError } from '../specs/errors.ts';
import { sizeBytes } from '../specs/units.ts';
import type { Adapter, Attempt } from '../adapters/contract.ts';
import { makeWorkspace, removeWorkspace } from '../jobtypes/workspace.ts';
import { beating } from './beat.ts';
import { initialize, openAttempt, type LifecycleDeps, type Opened } from './container.ts';
import { hiding, type Hiding } from './hiding.ts';
import type { Mask } from './mask.ts';
import { MAX_VALUES_BYTES, collectOutputs } from './outputs.ts';
import { readFailure, shorten, toFailure } from './failure.ts';
import { Steps } from './steps.ts';

/** The activity for a job that did not end during its launch. A failed Clean is in the timings: the host owes it, the end stands. */
export async function finish(deps: LifecycleDeps, input: FinishInput): Promise<FinishResult> {
  const hidden = await hiding(deps, input);
  const steps = stepsOfEnd(hidden);
  return await beating(
    () => ({ step: steps.current }),
    async () => {
      // A job type that cannot be opened any more has nothing to submit, but its attempt is cleaned all the same.
      const opening = steps.run('initialize', (signal) => initialize(deps, input, signal));
      const opened = await opening.catch(() => undefined);
      const least = opened ?? (await steps.run('initialize', () => openAttempt(deps, input)));
      return await endAttempt(deps, steps, { ...least, opening, hidden }, input);
    },
  );
}

/** Not cancellable: what has begun to end, ends. */
export function stepsOfEnd({ mask }: Hiding): Steps {
  const steps = new Steps('finish', new AbortController().signal);
  steps.mask = mask;
  return steps;
}

/** What an end has of its attempt, at least; `opening` tells why there is not more. */
interface Ending extends Pick<Opened, 'cluster' | 'attempt'> {
  readonly opening: Promise<Opened>;
  readonly hidden: Hiding;
}

/**
 * The rest of the logs, Submit, Clean. Throws retryably what may come right later, before anything is cleaned away, because Clean removes
 * the raw log and the outputs; the last try goes on.
 */
export async function endAttempt(deps: LifecycleDeps, steps: Steps, ending: Ending, input: FinishInput): Promise<FinishResult> {
  const { cluster, attempt, opening } = ending;
  const alarm = await takeLogs(deps, ending, input);
  if (alarm !== undefined) {
    deps.logger.warn({ key: attempt.ref.key }, alarm);
    if (input.lastTry !== true) throw toFailure({ step: 'submit', code: 'SUBMIT_FAILED', message: shorten(alarm, 500), retryable: true });
  }
  let outputs: Outputs = {};
  let failure: FinishResult['failure'];
  if (input.submit) {
    crashPoint('finish.before-submit');
    try {
      const opened = await opening;
      outputs = await submittedOnce(cluster.adapter, attempt, () => steps.run('submit', (signal) => submit(deps, opened, input, steps.mask, signal)));
    } catch (error) {
      const failed = readFailure(error, 'submit', steps.mask);
      if (failed.retryable && input.lastTry !== true) throw toFailure(failed);
      failure = { code: failed.code, reason: failed.message };
    }
    crashPoint('finish.after-submit');
  }
  const opened = await opening.catch(() => undefined);
  if (guardStands('announced-clean')) await clean(opened, cluster.adapter, attempt, input, steps, alarm !== undefined);
  crashPoint('finish.after-clean');
  return { outputs, timings: steps.timings, ...(failure && { failure }) };
}

/** Stores the rest of the log; returns why it cannot be stored now. */
async function takeLogs(deps: LifecycleDeps, { cluster, attempt, hidden }: Ending, { handle }: FinishInput): Promise<string | undefined> {
  if (hidden.alarm !== undefined) return hidden.alarm;
  const { adapter } = cluster;
  // A job that was stopped while its start was under way has no handle in history, and may have a log all the same.
  const found = handle ?? (await adapter.find(attempt));
  const pump = createLogPump(deps.logs, logLimits(deps.config));
  const source = logSource(adapter, attempt, found, hidden.mask);
  const finishNow = async (): Promise<string | undefined> => {
    try {
      // An adapter may have its logs from where the last describe saw them, which was before the end.
      if (found !== undefined) await adapter.describe([{ attempt, handle: found }]);
    } catch (error) {
      return hidden.mask.text(`The log cannot be read to its end: ${(error as Error).message}`);
    }
    return await pump.finish(source);
  };
  let alarm = await finishNow();
  for (let pause = 200; alarm !== undefined && pause <= 3_200; pause *= 2) {
    await sleep(pause);
    alarm = await finishNow();
  }
  return alarm;
}

const noteSchema = z.record(
  z.string(),
  z.union([z.strictObject({ value: z.json() }), z.strictObject({ sha256: z.string(), size: z.int().min(0), name: z.string() })]),
);

/** A worker that dies between Clean and its answer is asked again, and then the outputs are gone: they are noted before Clean. */
async function submittedOnce(adapter: Adapter, attempt: Attempt, collect: () => Promise<Outputs>): Promise<Outputs> {
  const noted = readNote(await adapter.noted?.(attempt));
  if (noted !== undefined) return noted;
  const outputs = await collect();
  if (Object.keys(outputs).length > 0) await adapter.note?.(attempt, JSON.stringify(outputs));
  return outputs;
}

/** A payload with the rights of the adapter could put anything in its place; what is no note counts as none. */
function readNote(text: string | undefined): Outputs | undefined {
  if (text === undefined) return undefined;
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function submit(deps: LifecycleDeps, opened: Opened, input: FinishInput, mask: Mask, signal: AbortSignal): Promise<Outputs> {
  const { cluster, attempt, jobType, container, context } = opened;
  const { handle, observation } = input;
  if (cluster.adapter.collect !== undefined && handle !== undefined) {
    await removeWorkspace(attempt.workspace);
    await makeWorkspace(attempt.workspace);
    await cluster.adapter.collect(attempt, handle, { maxBytes: sizeBytes(deps.config.artifacts.limit) });
  }
  const declared = await collectOutputs({ artifacts: deps.artifacts, limit: deps.config.artifacts.limit, mask }, attempt.spec, attempt.workspace);
  const seen = observation ?? { phase: 'ended', final: 'succeeded', observedAt: new Date().toISOString() };
  const own = await jobType.submit?.({ ...container, signal }, context, seen);
  const outputs = { ...own, ...declared };
  if (Buffer.byteLength(JSON.stringify(outputs)) > MAX_VALUES_BYTES) {
    throw new StepError('OUTPUT_INVALID', `all inline outputs together are over ${MAX_VALUES_BYTES} bytes; write a file output instead`);
  }
  return outputs;
}

/** Job type first, because it may need what the adapter takes away; one failing does not keep the other from its turn. */
async function clean(
  opened: Opened | undefined,
  adapter: Adapter,
  attempt: Attempt,
  input: FinishInput,
  steps: Steps,
  keepLog: boolean,
): Promise<void> {
  if (opened?.jobType.clean !== undefined) {
    await steps.run('clean', (signal) => opened.jobType.clean!({ ...opened.container, signal }, opened.context)).catch(() => undefined);
  }
  const { key, mark } = attempt.ref;
  // What a sweep does keeps the raw log.
  const all = () => (keepLog ? adapter.stopKey(key, mark) : adapter.clean(attempt, input.handle));
  await steps.run('clean', all).catch(() => undefined);
  if (adapter.collect !== undefined) await removeWorkspace(attempt.workspace).catch(() => undefined);
}
