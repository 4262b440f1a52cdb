// The one list of adapters: ours, and those of the modules that the configuration names. Light: an adapter's code loads by `create`.
import { LongshoreError } from '../specs/errors.ts';
import { loadModules } from '../plugins.ts';
import type { AdapterType } from './contract.ts';
import { local } from './local/index.ts';
import { yarn } from './yarn/index.ts';

const OURS: readonly AdapterType[] = [local, yarn] as readonly AdapterType[];

export interface AdapterRegistry {
  /** Throws UNKNOWN_TYPE, naming those that there are. */
  get(type: string): AdapterType;
  types(): readonly AdapterType[];
}

/** Ours and `extra`; one of `extra` replaces ours of the same type. */
export function createAdapterRegistry(extra: readonly AdapterType[] = []): AdapterRegistry {
  const byType = new Map([...OURS, ...extra].map((adapter) => [adapter.type, adapter]));
  return {
    get(type) {
      const found = byType.get(type);
      if (found === undefined)
        throw new LongshoreError('UNKNOWN_TYPE', `there is no type of cluster "${type}"; there are ${[...byType.keys()].join(', ')}`);
      return found;
    },
    types: () => [...byType.values()],
  };
}

/** Loads the adapters that the configuration names, relative to `baseDir`. Throws INVALID naming the module that is not one. */
export const loadPlugins = (config: { readonly plugins: { readonly adapters: readonly string[] } }, baseDir: string): Promise<AdapterType[]> =>
  loadModules<AdapterType>(config.plugins.adapters, baseDir, 'an AdapterType', {
    type: 'string',
    config: 'object',
    strength: 'string',
    hostBound: 'boolean',
    templates: 'object',
    watchEveryMs: 'number',
    create: 'function',
  });
