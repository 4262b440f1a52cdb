// Allocate: which limits one more running job counts against. Pure; the store counts the leases and asks whether each limit has room.
import type { AdmissionRules, Counted } from '../../store/contract.ts';

/** The running limits of the app, the cluster and the cluster's queue, where they are set. */
export const allocate: AdmissionRules['allocate'] = (head, usage) => {
  const counted: Counted[] = [];
  if (usage.appLimit !== undefined) counted.push({ name: `app ${head.app}`, running: usage.appRunning, limit: usage.appLimit });
  if (usage.queueLimit !== undefined)
    counted.push({ name: `queue ${head.cluster}/${head.queue}`, running: usage.queueRunning, limit: usage.queueLimit });
  if (usage.clusterLimit !== undefined) counted.push({ name: `cluster ${head.cluster}`, running: usage.clusterRunning, limit: usage.clusterLimit });
  return counted;
};
