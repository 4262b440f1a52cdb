// A step of every walk through a zod schema. Needs zod's types alone, so that it may be used where zod itself is too large.
import type { z } from 'zod';

type Schema = z.core.$ZodType;

/** The schema directly inside optional, default, nullable and their like; undefined for any other. */
export function innerOf(schema: Schema): Schema | undefined {
  const def = (schema as z.ZodType).def as z.core.$ZodTypes['_zod']['def'];
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return def.innerType;
    case 'pipe':
      return def.in;
    case 'lazy':
      return def.getter();
    default:
      return undefined;
  }
}
