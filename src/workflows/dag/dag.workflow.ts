// The workflow of one run of a DAG: messages in, its nodes' jobs in its own history, its outcome as result. The rules are the machine's, the
// steps the lifecycle's; here they meet Temporal.
import {
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  setDefaultSignalHandler,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';
import type { DagPlan } from '../../specs/dag.ts';
import { SNAPSHOT_QUERY } from '../../specs/messages.ts';
import { RUN_SIGNALS, type RunInput, type RunResult, type RunSnapshot } from '../../specs/run.ts';
import { runAttributesOf } from '../../specs/search-attributes.ts';
import { showAttributes } from '../job/attributes.ts';
import { asksForLong, lastOf } from '../last.ts';
import { localIdle, localUntil } from '../local.ts';
import { carriedByRows, type Carried } from './carry.ts';
import { DagRun } from './dag.run.ts';
import { Inbox } from './inbox.ts';

/** A message that came before it was known what of this run there is. */
interface Early {
  readonly name: string;
  readonly raw: unknown;
}

/**
 * Runs a DAG to its end, and closes as Completed whatever the outcome. Without input it was started by a signal to a closed run: then it takes
 * up the last one of its id. `before`: messages that an execution could not yet apply.
 */
export async function dag(input?: RunInput | null, before: readonly Early[] = []): Promise<RunResult> {
  const early: Early[] = [...before];
  let run: DagRun | undefined;
  let inbox: Inbox | undefined;
  const receive = (name: string, raw: unknown): void => {
    if (inbox) inbox.receive(name, raw);
    else early.push({ name, raw });
  };
  for (const name of Object.values(RUN_SIGNALS)) setHandler(defineSignal<[unknown?]>(name), (raw) => receive(name, raw));
  // What nobody knows would else be kept, and replayed, for ever.
  setDefaultSignalHandler(() => undefined);
  setHandler(defineQuery<RunSnapshot | undefined>(SNAPSHOT_QUERY), () => run?.snapshot());
  void CancellationScope.current().cancelRequested.catch(() => receive('kill', { by: 'temporal', reason: 'cancelled in Temporal' }));
  return CancellationScope.nonCancellable(async () => {
    const taken = input ? await planned(input) : await takeUp();
    // What arrived meanwhile is among the early messages then.
    await condition(localIdle);
    if (!taken) return await continueAsNew<typeof dag>(input ?? null, early);
    run = new DagRun(taken.input, taken.plan, taken.carried);
    run.begin();
    inbox = new Inbox(run);
    void inbox.work();
    for (const { name, raw } of early.splice(0)) receive(name, raw);
    return await main(run);
  });
}

async function main(run: DagRun): Promise<RunResult> {
  let left = false;
  void run.untilLeaving().then(() => {
    left = true;
  });
  await condition(() => left || (run.closable && !run.leaving()));
  if (left) await continueAsNew<typeof dag>(run.renewalInput());
  return run.result();
}

interface Taken {
  readonly input: RunInput;
  readonly plan: DagPlan;
  readonly carried: Carried | undefined;
}

/** With its plan; undefined when that has taken so long that a new execution should go on. */
async function planned(input: RunInput): Promise<Taken | undefined> {
  const plan = await localUntil((activities) => activities.runPlan(input.spec), asksForLong);
  return plan && { input, plan, carried: input.carried as unknown as Carried | undefined };
}

/** Takes up the last run of this workflow id; undefined when that has taken too long. */
async function takeUp(): Promise<Taken | undefined> {
  const last = await lastOf('run', (activities, workflowId) => activities.lastDagRun(workflowId));
  if (last === undefined) return undefined;
  const { input, result, rows } = last;
  const taken = await planned(input);
  if (!taken) return undefined;
  const carried = result ? (result.carried as unknown as Carried) : rows && carriedByRows(taken.plan, rows);
  upsertMemo({ runId: input.runId, digest: input.digest });
  showAttributes(runAttributesOf(input, carried?.state.outcome ?? 'RUNNING'));
  return { ...taken, carried: carried ?? taken.carried };
}
