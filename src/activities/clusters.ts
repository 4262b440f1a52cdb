// The adapters of one worker process: one for each version of a cluster's record, made when it is first needed.
import type { Logger } from 'pino';
import { StepError, hasCode, type LongshoreError } from '../specs/errors.ts';
import type { ClusterRecord } from '../specs/execution.ts';
import type { Adapter, AdapterType, Host } from '../adapters/contract.ts';
import type { Registry } from './deps.ts';

/** An adapter for one version of a cluster's record. */
export interface Cluster {
  readonly record: ClusterRecord;
  readonly type: AdapterType;
  readonly adapter: Adapter;
}

export interface Clusters {
  /** WORKER_REFUSED when this worker has no code for the cluster's type. */
  get(record: ClusterRecord): Promise<Cluster>;
  close(): Promise<void>;
}

/**
 * Keeps what it made until `close`: a running job may hold an adapter of any version, and a cluster's document does not change so often
 * that those who are of no more use would matter.
 */
export function createClusters(adapters: Registry<AdapterType>, host: Host, logger: Logger): Clusters {
  const made = new Map<string, Promise<Cluster>>();

  async function make(record: ClusterRecord): Promise<Cluster> {
    try {
      const type = adapters.get(record.type);
      return { record, type, adapter: await type.create(record, host) };
    } catch (cause) {
      if (!hasCode(cause, 'UNKNOWN_TYPE')) throw cause;
      const detail = (cause as LongshoreError).message;
      throw new StepError('WORKER_REFUSED', `worker ${host.workerId} cannot reach cluster ${record.name}: ${detail}`, { cause });
    }
  }

  /** The others are closed all the same. */
  async function closeOne(cluster: Promise<Cluster>): Promise<void> {
    try {
      await (await cluster).adapter.close?.();
    } catch (error) {
      logger.warn({ err: error }, 'an adapter could not be closed');
    }
  }

  return {
    get(record) {
      const id = `${record.name}/${record.version}`;
      const known = made.get(id);
      if (known !== undefined) return known;
      const making = make(record);
      made.set(id, making);
      making.catch(() => made.delete(id));
      return making;
    },
    async close() {
      const all = [...made.values()];
      made.clear();
      await Promise.all(all.map(closeOne));
    },
  };
}
