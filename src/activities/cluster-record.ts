// The versioned, secret-free record of a cluster that travels in each activity's input, because workers have no store.
import { ApplicationFailure } from '@temporalio/common';
import type { AdapterType } from '../adapters/contract.ts';
import { clusterSpecSchema } from '../specs/documents.schema.ts';
import type { ClusterRecord } from '../specs/execution.ts';
import type { Definitions } from '../store/contract.ts';
import type { Registry } from './deps.ts';

/** What a record is made of: a cluster's document, and what its type can do. */
export interface ClusterSource {
  readonly store: { readonly definitions: Definitions };
  readonly adapters: Registry<AdapterType>;
}

/** The newest record; undefined when there is no such cluster (any more). Throws UNKNOWN_TYPE when this process does not know its type. */
export async function findCluster({ store, adapters }: ClusterSource, name: string): Promise<ClusterRecord | undefined> {
  const definition = await store.definitions.get('Cluster', '', name);
  if (definition === undefined) return undefined;
  const { type, workers, config, engines } = clusterSpecSchema.parse(definition.spec);
  const shown = Object.entries(engines).map(([jobType, { env, defaults, submit }]) => [jobType, { env, defaults, ...(submit && { submit }) }]);
  const givesIds = adapters.get(type).strength === 'by-id';
  return { name, type, version: definition.version, workers, config, engines: Object.fromEntries(shown), ...(givesIds && { givesIds }) };
}

/** The newest record. Fails for good, as START_REFUSED, when the cluster is gone. */
export async function clusterRecord(source: ClusterSource, name: string): Promise<ClusterRecord> {
  const record = await findCluster(source, name);
  if (record === undefined) throw ApplicationFailure.nonRetryable(`there is no cluster "${name}"`, 'START_REFUSED');
  return record;
}
