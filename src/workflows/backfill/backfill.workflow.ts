// The workflow of one backfill: it asks how it stands, starts what has its turn, and sleeps until an end is announced. The rules are the
// machine's; here they meet Temporal.
import {
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { BACKFILL_SIGNALS, type BackfillDuties, type BackfillInput } from '../../specs/backfill.ts';
import { local, localIdle } from '../local.ts';
import { DUTY, LAST_DUTY, messageOf, text } from '../loop.ts';
import { backoffMs } from '../timings.ts';
import {
  answered,
  failed,
  killed,
  newBackfill,
  next,
  said,
  started,
  woken,
  type Backfill,
  type BackfillStep,
  type Word,
} from './backfill.machine.ts';

const { startBackfillCycles, killBackfillCycles } = proxyActivities<BackfillDuties>(DUTY);
const { endBackfill } = proxyActivities<BackfillDuties>(LAST_DUTY);

/** Runs until all its cycles have ended, or it was killed. No error ends it, and a cancel in Temporal does not. */
export async function backfill(input: BackfillInput): Promise<string> {
  const { app, id } = input;
  let state = (input.carried as Backfill | undefined) ?? newBackfill();
  let called = false;
  const hear = (signal: keyof typeof BACKFILL_SIGNALS, change: (raw: unknown) => Backfill): void =>
    setHandler(defineSignal<[unknown?]>(BACKFILL_SIGNALS[signal]), (raw) => {
      state = change(raw);
      called = true;
    });
  hear('wake', () => woken(state));
  for (const to of ['pause', 'resume', 'kill'] as const)
    hear(to, (raw) => {
      const { word, id: message } = readWord(to, raw);
      return said(state, word, message);
    });
  setDefaultSignalHandler(() => undefined);

  return CancellationScope.nonCancellable(async () => {
    for (let failures = 0; ;) {
      // Nothing that was said meanwhile is lost with it.
      await condition(localIdle);
      const { continueAsNewSuggested, historyLength } = workflowInfo();
      if (continueAsNewSuggested || historyLength > (input.historyBudget ?? Infinity))
        await continueAsNew<typeof backfill>({ ...input, carried: state });
      const step = next(input, state, Date.now());
      if (step.do === 'leave') return step.reason;
      try {
        if (step.do === 'end') {
          await endBackfill({ app, id, state: step.state, reason: step.reason });
          return step.reason;
        }
        if (step.do === 'ask') {
          const answer = await local((activities) => activities.lookBackfill(step.question));
          state = answered(state, answer);
          failures = 0;
        } else if (step.do === 'sleep') {
          called = false;
          setCurrentDetails(step.why);
          await condition(() => called, step.ms);
          state = woken(state);
        }
      } catch (error) {
        // The store is away: it is asked again until it answers.
        setCurrentDetails(`cannot be looked at: ${messageOf(error)}`);
        await sleep(backoffMs(failures++));
      }
      if (step.do === 'start' || step.do === 'kill') await act(step);
    }
  });

  async function act(step: Extract<BackfillStep, { do: 'start' | 'kill' }>): Promise<void> {
    try {
      if (step.do === 'kill') {
        await killBackfillCycles({ app, id, open: step.open });
        state = killed(state, step.open);
      } else {
        const { cycles, slots, giveUp } = step;
        const starts = await startBackfillCycles({ app, id, cycles, slots, ...(giveUp !== undefined && { giveUp }) });
        state = started(state, starts);
      }
    } catch (error) {
      setCurrentDetails(`cannot go on: ${messageOf(error)}`);
      state = failed(state, messageOf(error), Date.now());
      // A kill that cannot be told is told again.
      if (step.do === 'kill') await sleep(1_000);
    }
  }
}

/** A signal may hold anything. */
function readWord(to: Word['to'], raw: unknown): { word: Word; id?: string } {
  const said = (typeof raw === 'object' && raw !== null ? raw : {}) as { [name: string]: unknown };
  const [id, reason] = [text(said['id']), text(said['reason'])];
  const who = { by: text(said['by']) ?? 'unknown', at: new Date().toISOString() };
  const word: Word =
    to === 'pause'
      ? { to, hold: { note: text(said['note']) ?? '', ...who } }
      : to === 'resume'
        ? { to }
        : { to, kill: { ...who, runs: said['runs'] === true, ...(reason !== undefined && { reason }) } };
  return { word, ...(id !== undefined && { id }) };
}
