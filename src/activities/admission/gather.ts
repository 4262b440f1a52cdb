// Gather: who is next among the queue keys that have waiting jobs. Pure; within one queue key grants follow arrival.
import type { AdmissionRules } from '../../store/contract.ts';

/** A queue key that has not been served for so long counts as one priority higher, without bound: nobody starves. */
export const AGEING_STEP_MS = 5 * 60_000;

/**
 * Priority first (1 … 10, raised by ageing), then fair share between apps (fewest running relative to what they may have), then arrival.
 * Ageing counts from the last grant of the queue key, not from arrival: a long backlog that is being served does not push others back.
 */
export const gather: AdmissionRules['gather'] = (head, usage) => {
  const raised = Math.floor(head.unservedMs / AGEING_STEP_MS);
  const { appLimit = Infinity, clusterLimit = Infinity, queueLimit = Infinity } = usage;
  const mayHave = Math.max(1, Math.min(appLimit, clusterLimit, queueLimit));
  return [head.priority - raised, usage.appOnCluster / mayHave, -head.waitedMs];
};
