// Spark by spark-submit, which gives its own application id: found by tag, and started anew only when the last run is proven dead and the
// tag has not appeared.
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { crashPoint, guardStands } from '../../../crash-points.ts';
import { StepError } from '../../../specs/errors.ts';
import { durationMs } from '../../../specs/units.ts';
import type { Attempt, Host, StageContext } from '../../contract.ts';
import type { Site } from '../submission.ts';
import { isRefusal, reasonIn } from './log-tail.ts';
import { submitCommand } from './submit-command.ts';
import { beginSubmit, endSubmitter, submitterFolder, submitterState, type SubmitterState } from './submitter.ts';
import { Turns } from './turns.ts';

export { endSubmitter as stopSubmitter };

export interface SparkSubmit {
  readonly attempt: Attempt;
  readonly context: Pick<StageContext, 'plan' | 'secrets'>;
  readonly site: Site;
  readonly host: Host;
  /** Id of the application that carries the key, living or ended. */
  readonly findByTag: () => Promise<string | undefined>;
  /**
   * A small text beside the attempt's files, where every worker reads it: who submits, and until when. Another worker's processes cannot be
   * seen; after that time they are over.
   */
  readonly note: { read(): Promise<string | undefined>; write(text: string): Promise<void> };
  readonly gate: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly timings?: Partial<SubmitTimings>;
}

export interface SubmitTimings {
  /** Longest life of a run. Default 10 min. */
  readonly lifetimeMs: number;
  /** How long after the end of a run its application may still appear. Default 5 s. */
  readonly settleMs: number;
  readonly pollMs: number;
}

const TIMINGS: SubmitTimings = { lifetimeMs: durationMs('10m'), settleMs: 5_000, pollMs: 250 };
/** What clocks of two workers may differ by. */
const SKEW_MS = 60_000;

const noteSchema = z.object({ worker: z.string(), until: z.number() });

/** A JVM each, so no more than there are cores. */
const turns = new Turns(availableParallelism());

/** Id of the application. START_REFUSED when Spark or the cluster says no, START_ERROR when a run failed. */
export async function startBySparkSubmit(submit: SparkSubmit): Promise<string> {
  const { attempt, context, site, host } = submit;
  const { key } = attempt.ref;
  const command = submitCommand(attempt, context, site, submitterFolder(host.dataDir, key));
  const timings = { ...TIMINGS, ...submit.timings };
  return (
    (await submit.findByTag()) ?? (await turns.run(submit.signal, () => untilFound(submit, { ...command, lifetimeMs: timings.lifetimeMs }, timings)))
  );
}

async function untilFound(submit: SparkSubmit, run: Parameters<typeof beginSubmit>[2], timings: SubmitTimings): Promise<string> {
  const { attempt, host, findByTag, note, signal } = submit;
  const { key } = attempt.ref;
  let begun = false;
  for (;;) {
    const found = await findByTag();
    if (found !== undefined) return found;
    const state = guardStands('latch') ? await submitterState(host.dataDir, key) : 'none';
    if (state === 'alive' || (!begun && (await otherSubmitter(note, host)) !== undefined)) {
      await sleep(timings.pollMs, undefined, { signal });
      continue;
    }
    if (state !== 'none') {
      const late = await settle(submit, timings);
      if (late !== undefined) return late;
      if (begun) throw failureOf(state, timings);
    }
    await note.write(JSON.stringify({ worker: host.workerId, until: Date.now() + timings.lifetimeMs + SKEW_MS }));
    crashPoint('yarn.spark-submit.before-gate');
    await submit.gate();
    const outcome = await beginSubmit(host.dataDir, key, run);
    crashPoint('yarn.spark-submit.after-spawn');
    if (outcome === 'stopped') throw new StepError('START_ERROR', 'this attempt is over: it was stopped or cleaned');
    // Of another try of this worker: its run is looked at like any.
    begun = outcome === 'begun';
    if (!begun) await sleep(timings.pollMs, undefined, { signal });
  }
}

/** Another worker whose run may still be at work, and until when (milliseconds since the epoch). */
export async function otherSubmitter(
  note: SparkSubmit['note'],
  host: Host,
): Promise<{ readonly worker: string; readonly until: number } | undefined> {
  const text = await note.read();
  if (text === undefined) return undefined;
  const { worker, until } = noteSchema.parse(JSON.parse(text));
  return worker === host.workerId || until <= Date.now() ? undefined : { worker, until };
}

async function settle({ findByTag, signal }: SparkSubmit, { settleMs, pollMs }: SubmitTimings): Promise<string | undefined> {
  const end = performance.now() + settleMs;
  for (;;) {
    const found = await findByTag();
    if (found !== undefined || performance.now() >= end) return found;
    await sleep(pollMs, undefined, { signal });
  }
}

function failureOf(state: Exclude<SubmitterState, string>, { lifetimeMs }: SubmitTimings): StepError {
  const killed = 137;
  if (state.exited === killed || state.exited === undefined)
    return new StepError('START_ERROR', `spark-submit was killed, or did not end within ${lifetimeMs / 1_000} s: ${reasonIn(state.log)}`, {
      retryable: true,
    });
  const reason = reasonIn(state.log);
  const message = `spark-submit ended with ${state.exited} and started nothing: ${reason}`;
  return isRefusal(reason) ? new StepError('START_REFUSED', message) : new StepError('START_ERROR', message, { retryable: true });
}
