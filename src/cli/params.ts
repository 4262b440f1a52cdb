// Parameters of a run on the command line.
import { parse } from 'yaml';
import type { z } from 'zod';
import type { ParamOptions } from './create-options.ts';
import { CliError } from './failure.ts';

/** Any JSON: the server checks it against the type of the parameter. */
type Value = z.infer<ReturnType<typeof z.json>>;

/** Undefined when none is given. */
export function readParams({ param }: ParamOptions): Record<string, Value> | undefined {
  if (param === undefined) return undefined;
  return Object.fromEntries(param.map(assigned));
}

function assigned(text: string): [string, Value] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new CliError(`--param takes name=value, not "${text}".`, { advice: 'For example: --param day=2026-11-21' });
  try {
    return [text.slice(0, equals), parse(text.slice(equals + 1)) as Value];
  } catch (error) {
    throw new CliError(`--param ${text}: ${(error as Error).message}`, { cause: error });
  }
}
