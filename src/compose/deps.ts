// What composing and checking needs: definitions, files, and the tables of types. Core and activities both have it.
import type { AdapterType } from '../adapters/contract.ts';
import type { JobType } from '../jobtypes/contract.ts';
import type { ArtifactStore } from '../store/artifacts.ts';
import type { Definitions } from '../store/contract.ts';

/** A table of types by name; an unknown name is refused with LongshoreError('UNKNOWN_TYPE'). */
interface Types<T> {
  get(type: string): T;
  types(): readonly T[];
}

/** What the checks read. */
export interface CheckDeps {
  readonly store: { readonly definitions: Pick<Definitions, 'get' | 'list'> };
  readonly artifacts: Pick<ArtifactStore, 'has'>;
  readonly adapters: Types<AdapterType>;
  readonly jobTypes: Types<JobType>;
}

export interface ComposeDeps extends CheckDeps {
  readonly artifacts: ArtifactStore;
}
