// Messages that nobody can decode: left as it is, one of them would fail every workflow task, and its job could not even be killed.
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { WorkflowInterceptors } from '@temporalio/workflow';

/** An argument of a signal or update that cannot be decoded counts as null. Results of activities do not: those must wait for who can read them. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        for (const { signalWorkflow, doUpdate } of input.activation.jobs ?? []) {
          for (const message of [signalWorkflow, doUpdate]) if (message?.input) message.input = message.input.map(readable);
        }
        next(input);
      },
    },
  ],
});

function readable(payload: Payload): Payload {
  try {
    defaultPayloadConverter.fromPayload(payload);
    return payload;
  } catch {
    return defaultPayloadConverter.toPayload(null);
  }
}
