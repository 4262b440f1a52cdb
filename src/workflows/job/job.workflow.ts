// The workflow of one job: messages in, attempts one after the other, its outcome as result. The rules are the machine's, the steps
// the lifecycle's; here they meet Temporal.
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setDefaultSignalHandler,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';
import type { CarriedState, JobInput, JobResult } from '../../specs/execution.ts';
import { SIGNALS, SNAPSHOT_QUERY, type JobSnapshot } from '../../specs/messages.ts';
import { attributesOf } from '../../specs/search-attributes.ts';
import { durationMs } from '../../specs/units.ts';
import { asksForLong, lastOf } from '../last.ts';
import { runAttempt } from '../lifecycle.ts';
import { localIdle, localUntil } from '../local.ts';
import { showAttributes } from './attributes.ts';
import { JobRun } from './job.run.ts';
import { readModify, readResolve } from './messages.ts';

type Message = 'kill' | 'rerun' | 'resolve' | 'modify';
const MESSAGES: readonly Message[] = ['kill', 'rerun', 'resolve', 'modify'];

/** A message that came before it was known whose job this is. */
interface Early {
  readonly name: Message;
  readonly raw: unknown;
}

/**
 * Runs a job to its end, and closes as Completed whatever the outcome. Without input it was started by a signal to a closed job: then
 * it takes up the last run of its id. `before`: messages that a run could not yet hand to it.
 */
export async function job(input?: JobInput | null, before: readonly Early[] = []): Promise<JobResult> {
  const early: Early[] = [...before];
  let run: JobRun | undefined;
  const receive = (name: Message, raw: unknown): void => {
    if (run) run.receive(name, raw);
    else early.push({ name, raw });
  };
  for (const name of MESSAGES) setHandler(defineSignal<[unknown?]>(name), (raw) => receive(name, raw));
  setHandler(defineSignal(SIGNALS.admitted), () => {
    if (run) run.wishes.admitted = true;
  });
  // What nobody knows would else be kept, and replayed, for ever.
  setDefaultSignalHandler(() => undefined);
  setHandler(defineQuery<JobSnapshot | undefined>(SNAPSHOT_QUERY), () => run?.snapshot());
  update('resolve', (raw) => run?.refusesResolve(readResolve(raw)));
  update('modify', (raw) => (readModify(raw).with ? undefined : 'modify needs "with": fields of a spec'));

  function update(name: 'resolve' | 'modify', refuses: (raw: unknown) => string | undefined): void {
    const apply = async (raw: unknown): Promise<JobSnapshot> => {
      await condition(() => run !== undefined && localIdle());
      receive(name, raw);
      return run!.snapshot();
    };
    const validator = (raw: unknown): void => {
      const why = refuses(raw);
      if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'CONFLICT');
    };
    setHandler(defineUpdate<JobSnapshot, [unknown]>(name), apply, { validator });
  }

  void CancellationScope.current().cancelRequested.catch(() => receive('kill', { by: 'temporal', reason: 'cancelled in Temporal' }));
  return CancellationScope.nonCancellable(async () => {
    const taken = input ? new JobRun(input) : await takeUp();
    // What arrived meanwhile is among the early messages then.
    await condition(localIdle);
    run = taken;
    if (!run) return await continueAsNew<typeof job>(null, early);
    for (const { name, raw } of early.splice(0)) receive(name, raw);
    return main(run);
  });
}

async function main(run: JobRun): Promise<JobResult> {
  void run.recorder.run();
  for (;;) {
    const left = run.ended ? await closing(run) : await runAttempt(run.course());
    if (left === 'closed') return run.result();
    if (left === 'renew') {
      await condition(() => run.recorder.idle && localIdle());
      await continueAsNew<typeof job>(run.renewal());
    }
  }
}

/** Until all is written and the time to take a plain rerun has passed, the job was opened again, or the run is to be continued as new. */
async function closing(run: JobRun): Promise<'closed' | 'opened' | 'renew'> {
  run.takeRerun();
  if (!run.ended) return 'opened';
  const { state } = run;
  const { spec, renewWanted } = run.course();
  const window = durationMs(spec().rerunWindow);
  const opened = () => !run.ended || renewWanted();
  if (state.status !== 'SUCCEED' && state.endedAt !== undefined && window > 0) {
    const left = Date.parse(state.endedAt) + window - Date.now();
    if (left > 0 && (await condition(opened, left))) return run.ended ? 'renew' : 'opened';
  }
  await condition(() => (run.recorder.empty && localIdle()) || opened());
  if (!run.ended) return 'opened';
  return run.recorder.empty && localIdle() ? 'closed' : 'renew';
}

/** Takes up the last run of this workflow id; undefined when that has taken so long that a new run should go on. */
async function takeUp(): Promise<JobRun | undefined> {
  const last = await lastOf('job', (activities, workflowId) => activities.lastRun(workflowId));
  if (last === undefined) return undefined;
  const { input, result } = last;
  const carried: CarriedState = result ?? input.carried ?? { attempt: 1, seq: 0, status: 'UNKNOWN', appliedIds: [] };
  const run = new JobRun({ ...input, carried });
  const { jobId, digest, app } = input;
  // As it was changed since: what was started under the changed spec lives where that says.
  const spec = run.course().spec();
  upsertMemo({ jobId, digest });
  showAttributes(attributesOf(app, spec, carried.status));
  if (!run.ended) {
    const { current } = carried;
    const workerId = current?.workerId;
    const cluster = await localUntil((activities) => activities.clusterRecord(spec.cluster), asksForLong);
    if (cluster === undefined) return undefined;
    run.adoptProgress({ begun: true, place: { cluster, ...(workerId !== undefined && { workerId }) } });
  }
  return run;
}
