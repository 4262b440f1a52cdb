// The workflow of one schedule: it asks what is due, starts it, and sleeps until the next time, for as long as its definition has a
// schedule. The rules are the machine's; here they meet Temporal.
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
import { SCHEDULE_SIGNALS, type ScheduleDuties, type ScheduleInput, type SwitchMessage } from '../../specs/schedule-run.ts';
import { local, localIdle } from '../local.ts';
import { DUTY, LAST_DUTY, messageOf, text } from '../loop.ts';
import { backoffMs } from '../timings.ts';
import { answered, failed, message, newState, next, replaced, started, woken, type ScheduleState, type Switch } from './schedule.machine.ts';

const { startCycles, replaceCycles } = proxyActivities<ScheduleDuties>(DUTY);
const { endSchedule } = proxyActivities<ScheduleDuties>(LAST_DUTY);

/** Runs until nobody wants the schedule any more. No error ends it, and a cancel in Temporal does not: it belongs to its definition. */
export async function schedule(input: ScheduleInput): Promise<string> {
  let state = (input.carried as ScheduleState | undefined) ?? newState();
  let called = false;
  const turn = (to: Switch['to']) => (raw: unknown) => {
    state = message(state, to, readSwitch(raw), Date.now());
    called = true;
  };
  setHandler(defineSignal<[unknown?]>(SCHEDULE_SIGNALS.wake), () => {
    state = woken(state);
    called = true;
  });
  setHandler(defineSignal<[unknown?]>(SCHEDULE_SIGNALS.pause), turn('pause'));
  setHandler(defineSignal<[unknown?]>(SCHEDULE_SIGNALS.resume), turn('resume'));
  setDefaultSignalHandler(() => undefined);

  return CancellationScope.nonCancellable(async () => {
    for (let failures = 0; ;) {
      // Nothing that was said meanwhile is lost with it.
      await condition(localIdle);
      const { continueAsNewSuggested, historyLength } = workflowInfo();
      if (continueAsNewSuggested || historyLength > (input.historyBudget ?? Infinity))
        await continueAsNew<typeof schedule>({ ...input, carried: state });
      const step = next(input, state, Date.now());
      try {
        if (step.do === 'end') {
          if (await endSchedule({ app: input.app, name: input.name, kind: input.kind, reason: step.reason })) return step.reason;
          state = newState();
        } else if (step.do === 'ask') {
          const answer = await local((activities) => activities.decideCycles(step.question));
          state = answered(state, step.question, answer);
          failures = 0;
        } else if (step.do === 'sleep') {
          called = false;
          setCurrentDetails(step.why);
          await condition(() => called, step.ms);
          state = woken(state);
        }
      } catch (error) {
        // The store is away, or has something that cannot be read: it is asked again until it answers.
        setCurrentDetails(`cannot be decided: ${messageOf(error)}`);
        await sleep(backoffMs(failures++));
      }
      if (step.do === 'start' || step.do === 'replace') await act(step);
    }
  });

  async function act(step: Extract<ReturnType<typeof next>, { do: 'start' | 'replace' }>): Promise<void> {
    const { app, name, kind } = input;
    try {
      if (step.do === 'replace') {
        await replaceCycles({ app, name, kind, open: step.open, cycle: step.cycle });
        state = replaced(state, step.open);
      } else {
        const { cycles, giveUp } = step;
        const starts = await startCycles({ app, name, kind, cycles, ...(giveUp !== undefined && { giveUp }) });
        state = started(state, starts);
      }
    } catch (error) {
      setCurrentDetails(`cannot be started: ${messageOf(error)}`);
      state = failed(state, messageOf(error), Date.now());
    }
  }
}

/** A signal may hold anything. */
function readSwitch(raw: unknown): SwitchMessage {
  const { id, by, note } = (typeof raw === 'object' && raw !== null ? raw : {}) as { [name: string]: unknown };
  return {
    ...(text(id) !== undefined && { id: text(id)! }),
    ...(text(by) !== undefined && { by: text(by)! }),
    ...(text(note) !== undefined && { note: text(note)! }),
  };
}
