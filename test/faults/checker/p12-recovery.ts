// P12: when the fault is over everything ends by itself within a bound. And every history replays, or no restart could be trusted.
import type { Promised } from './evidence.ts';

export const recovers: Promised = ({ healedAt, settledAt, limits }) => {
  if (settledAt === undefined) return [{ promise: 'P12', message: `not everything had ended ${limits.recoveryMs} ms after the last fault` }];
  const took = settledAt - healedAt;
  return took > limits.recoveryMs ? [{ promise: 'P12', message: `took ${took} ms to recover, bound ${limits.recoveryMs}` }] : [];
};

export const replays: Promised = ({ workflows }) =>
  workflows.flatMap(({ workflowId, runId, replayError }) =>
    replayError === undefined ? [] : [{ promise: 'replay' as const, job: workflowId, message: `run ${runId} does not replay: ${replayError}` }],
  );
