// What a run still owes after a continue-as-new: what was asked for and may not have been done. Beside it every live node is taken up again.
import type { DagEffect, DagState } from './dag.state.ts';

/** The effects to carry out again: evaluations without an answer, stops without an end. Starts are not among them: a node that was started is live. */
export const outstanding = ({ asked, live, phases, attempts, generation }: DagState): DagEffect[] => [
  ...asked.map((node): DagEffect => ({ type: 'evaluate', node, generation })),
  ...live.flatMap((node): DagEffect[] => (phases[node] === 'live' ? [] : [{ type: 'stop', node, attempt: attempts[node]!, how: 'graceful' }])),
];
