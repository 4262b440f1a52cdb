// Names that make a double start impossible: workflow ids, attempt keys, task queues. Pure, so workflows compute them too.
import { sha256 } from '@noble/hashes/sha2.js';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** `job:<app>:<requestId percent-encoded>`, or `job:<app>:~<jobId>` without one. A leading "~" in a requestId is encoded. */
export function jobWorkflowId(app: string, jobId: string, requestId?: string): string {
  if (requestId === undefined) return `job:${app}:~${jobId}`;
  const encoded = encodeURIComponent(requestId);
  return `job:${app}:${encoded.startsWith('~') ? `%7E${encoded.slice(1)}` : encoded}`;
}

/**
 * `dag:<app>:<dag>:<cycle in UTC to the second>`, by hand `dag:<app>:<dag>:m-<requestId percent-encoded>`, without a request id
 * `dag:<app>:<dag>:~<runId>`. Fire, backfill and run by hand of a cycle have the same id.
 */
export function runWorkflowId(
  app: string,
  dag: string,
  run: { readonly runId: string; readonly requestId?: string | undefined; readonly cycle?: { readonly at: string } | undefined },
): string {
  const tail = run.cycle?.at ?? (run.requestId === undefined ? `~${run.runId}` : `m-${encodeURIComponent(run.requestId)}`);
  return `dag:${app}:${dag}:${tail}`;
}

/** The address of a node's job: `<run workflow id>/<node>`, of an item or the job after them `<run workflow id>/<node>/<item>`. */
export const nodeJobAddress = (runWorkflow: string, node: string, item?: number | 'final'): string => `${runWorkflow}/${nodeJobPath(node, item)}`;

/** Its place in the run, by which its keys are made: `node` or `node/item`. */
export const nodeJobPath = (node: string, item?: number | 'final'): string => (item === undefined ? node : `${node}/${item}`);

/** A child run's workflow id: `<run workflow id>/<node>`; each further attempt of the node is a run of its own, `…~<attempt>`. */
export const childRunId = (runWorkflow: string, node: string, attempt: number): string => `${runWorkflow}/${node}${attempt > 1 ? `~${attempt}` : ''}`;

/** Temporal takes ids of at most 1000 bytes; beside the request id there is room for the app, and for the names of what belongs to the job. */
const MAX_ENCODED_REQUEST_ID = 900;

/** Whether a request id can be part of a workflow id. */
export const fitsWorkflowId = (requestId: string): boolean =>
  requestId.isWellFormed() && encodeURIComponent(requestId).length <= MAX_ENCODED_REQUEST_ID;

/**
 * The attempt key: 26 characters of lower-case base32 of SHA-256(workflow id, firstExecutionRunId, node path, attempt).
 * Stable over continue-as-new and activity retries, new at every new start, different in every installation.
 * It holds nothing that a user chose; it goes to the cluster as tag, name, label or Idempotency-Key.
 */
export function attemptKey(workflowId: string, firstRunId: string, nodePath: string, attempt: number): string {
  const digest = sha256(new TextEncoder().encode(JSON.stringify([workflowId, firstRunId, nodePath, attempt])));
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of digest) {
    bits = ((bits << 8) | byte) & 0xffff;
    held += 8;
    while (held >= 5 && text.length < 26) {
      held -= 5;
      text += BASE32[(bits >> held) & 31];
    }
  }
  return text;
}

/** Task queues. `.stop` has its own slots, so that a full worker still kills within a second. */
export const QUEUES = {
  scheduler: 'longshore',
  group: (group: string): string => `longshore.workers.${group}`,
  host: (workerId: string): string => `longshore.host.${workerId}`,
  watch: (group: string): string => `longshore.watch.${group}`,
  stop: (queue: string): string => `${queue}.stop`,
} as const;

/** Workflow ids of Longshore's own duties. */
export const DUTY_IDS = {
  worker: (workerId: string): string => `worker:${workerId}`,
  sweepCluster: (cluster: string): string => `sweep:${cluster}`,
  sweepHost: (workerId: string): string => `sweep:host:${workerId}`,
  hook: (workflowId: string): string => `hook/${workflowId}`,
} as const;
