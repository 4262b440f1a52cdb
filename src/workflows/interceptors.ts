// What is done with all that reaches a workflow, before the workflow sees it.
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow';
import { holdBack, localIdle } from './local.ts';

type Job = NonNullable<ActivateInput['activation']['jobs']>[number];

/**
 * An argument of a signal or update that cannot be decoded counts as null: left as it is, it would fail every workflow task, and its job could
 * not even be killed. Results of activities do not: those must wait for who can read them.
 * While a local activity is under way, what else arrives waits for its end: src/workflows/local.ts says why.
 */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        const { activation } = input;
        const jobs = activation.jobs ?? [];
        for (const { signalWorkflow, doUpdate } of jobs) {
          for (const message of [signalWorkflow, doUpdate]) if (message?.input) message.input = message.input.map(readable);
        }
        const others = jobs.filter((job) => !isPrompt(job));
        if (localIdle() || (others.length === 0 && !jobs.some(({ doUpdate }) => doUpdate))) return next(input);
        // Also for an update alone: its handler waits until nothing is held back.
        holdBack(() => next({ ...input, activation: { ...activation, jobs: others } }));
        return next({ ...input, activation: { ...activation, jobs: jobs.filter(isPrompt) } });
      },
    },
  ],
});

/** Whether it is the end of a local activity, or must be answered at once: the handler of an update waits by itself. */
const isPrompt = ({ queryWorkflow, doUpdate, resolveActivity }: Job): boolean =>
  Boolean(queryWorkflow ?? doUpdate) || resolveActivity?.isLocal === true;

function readable(payload: Payload): Payload {
  try {
    defaultPayloadConverter.fromPayload(payload);
    return payload;
  } catch {
    return defaultPayloadConverter.toPayload(null);
  }
}
