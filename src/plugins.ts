// Loads modules that an administrator names in the configuration: a user's own job types and adapters.
import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LongshoreError } from './specs/errors.ts';

/** The default exports of `names` (paths, or packages), each checked to have `fields` of these types. Throws INVALID naming module and field. */
export function loadModules<T>(names: readonly string[], baseDir: string, what: string, fields: Partial<Record<keyof T, string>>): Promise<T[]> {
  return Promise.all(
    names.map(async (name) => {
      const refuse = (reason: string, cause?: unknown): never => {
        throw new LongshoreError('INVALID', `plugin "${name}": ${reason}`, { cause });
      };
      let plugin: unknown;
      try {
        plugin = ((await import(locate(name, baseDir))) as { default?: unknown }).default;
      } catch (error) {
        return refuse(`it cannot be loaded: ${(error as Error).message}`, error);
      }
      if (typeof plugin !== 'object' || plugin === null) return refuse(`its default export is not ${what}`);
      for (const [field, type] of Object.entries(fields)) {
        if (typeof (plugin as Record<string, unknown>)[field] !== type)
          refuse(`its default export is not ${what}: "${field}" must be a ${type as string}`);
      }
      return plugin as T;
    }),
  );
}

function locate(name: string, baseDir: string): string {
  const path =
    name.startsWith('.') || isAbsolute(name) ? resolve(baseDir, name) : createRequire(join(resolve(baseDir), 'longshore.yaml')).resolve(name);
  return pathToFileURL(path).href;
}
