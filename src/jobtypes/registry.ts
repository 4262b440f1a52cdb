// The one list of job types: ours, and those of the modules that the configuration names.
import { LongshoreError } from '../specs/errors.ts';
import { loadModules } from '../plugins.ts';
import { builtin } from './builtin/index.ts';
import type { JobType } from './contract.ts';
import { python } from './python/index.ts';
import { shell } from './shell/index.ts';
import { spark } from './spark/index.ts';

const OURS: readonly JobType[] = [shell, python, builtin, spark] as readonly JobType[];

export interface JobTypeRegistry {
  /** Throws UNKNOWN_TYPE, naming those that there are. */
  get(type: string): JobType;
  types(): readonly JobType[];
}

/** Ours and `extra`; one of `extra` replaces ours of the same type. */
export function createJobTypeRegistry(extra: readonly JobType[] = []): JobTypeRegistry {
  const byType = new Map([...OURS, ...extra].map((jobType) => [jobType.type, jobType]));
  return {
    get(type) {
      const found = byType.get(type);
      if (found === undefined) throw new LongshoreError('UNKNOWN_TYPE', `there is no job type "${type}"; there are ${[...byType.keys()].join(', ')}`);
      return found;
    },
    types: () => [...byType.values()],
  };
}

/** Loads the job types that the configuration names, relative to `baseDir`. Throws INVALID naming the module that is not one. */
export const loadPlugins = (config: { readonly plugins: { readonly jobTypes: readonly string[] } }, baseDir: string): Promise<JobType[]> =>
  loadModules<JobType>(config.plugins.jobTypes, baseDir, 'a JobType', { type: 'string', config: 'object', template: 'string', prepare: 'function' });
