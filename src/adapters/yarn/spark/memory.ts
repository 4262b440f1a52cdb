// Spark's sizes, and how large the container of the driver is.
import { StepError } from '../../../specs/errors.ts';
import type { Settings } from './settings.ts';

const UNITS: Record<string, number> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/** MiB of a size as Spark writes it: 512m, 2g, 2gb; a number alone is MiB. START_REFUSED names the property. */
function mebibytesOf(name: string, value: string): number {
  const [, count, unit = 'm'] = /^(\d{1,12})(?:([bkmgtp])b?)?$/i.exec(value.trim()) ?? [];
  if (count === undefined) throw new StepError('START_REFUSED', `${name} is "${value.slice(0, 40)}"; it must be a size such as 512m or 2g`);
  return Math.floor((Number(count) * UNITS[unit.toLowerCase()]!) / 2 ** 20);
}

export function wholeNumber(settings: Settings, name: string, otherwise: number): number {
  const value = settings.get(name);
  if (value === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/.test(value.trim()))
    throw new StepError('START_REFUSED', `${name} is "${value.slice(0, 40)}"; it must be a whole number from 1`);
  return Number(value);
}

/** Heap of the driver and memory of its container, in MiB. */
export function driverMemory(settings: Settings): { readonly heap: number; readonly container: number } {
  const read = (name: string, otherwise: string): number => mebibytesOf(name, settings.get(name) ?? otherwise);
  const heap = read('spark.driver.memory', '1g');
  const overhead = settings.get('spark.driver.memoryOverhead');
  if (overhead !== undefined) return { heap, container: heap + mebibytesOf('spark.driver.memoryOverhead', overhead) };
  const factor = Number(settings.get('spark.driver.memoryOverheadFactor') ?? '0.1');
  if (!(factor >= 0 && factor < 100)) throw new StepError('START_REFUSED', 'spark.driver.memoryOverheadFactor must be a number such as 0.1');
  return { heap, container: heap + Math.max(Math.floor(factor * heap), read('spark.driver.minMemoryOverhead', '384m')) };
}
