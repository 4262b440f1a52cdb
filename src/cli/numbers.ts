// Numbers on the command line.
import { InvalidArgumentError } from 'commander';

/** A positive integer, or a usage error. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive whole number.');
  return value;
}
