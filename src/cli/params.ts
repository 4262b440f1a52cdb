// Parameters of a run on the command line.
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { z } from 'zod';
import { CliError } from './failure.ts';

/** Any JSON: the server checks it against the type of the parameter. */
type Value = z.infer<ReturnType<typeof z.json>>;

export interface ParamOptions {
  readonly param?: readonly string[];
}

/** Adds --param to a command. */
export const paramOptions = (command: Command): Command =>
  command.option('--param <name=value...>', 'parameter of the DAG, its value in YAML, such as --param day=2026-11-21');

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
