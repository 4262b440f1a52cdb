// The settings of the configuration as documentation shows them, from the schema that reads them.
import { z } from 'zod';
import { configSchema } from '../../src/specs/config.schema.ts';

interface Field {
  readonly description?: string;
  readonly readBy?: string;
  readonly default?: unknown;
  readonly properties?: Record<string, Field>;
  readonly items?: unknown;
}
export interface DocumentedSetting {
  readonly path: string;
  readonly variable: string;
  readonly description: string;
  /** Names of processes, with commas between. */
  readonly readBy: string;
}

/** Every setting that has a value of its own, with the environment variable that sets it. */
export function documentedSettings(): DocumentedSetting[] {
  const walk = (field: Field, path: readonly string[]): DocumentedSetting[] =>
    Object.entries(field.properties ?? {}).flatMap(([name, inner]) => {
      const at = [...path, name];
      if (inner.properties !== undefined && inner.description === undefined) return walk(inner, at);
      const variable = ['longshore', ...at].map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_');
      return [{ path: at.join('.'), variable, description: inner.description ?? '', readBy: inner.readBy ?? '' }];
    });
  return walk(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Field, []);
}
