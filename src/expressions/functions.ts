// The functions of expressions. What is not in this table does not exist: no regular expressions, no types, no bytes, no clock.
import type { Environment } from '@marcbachmann/cel-js';
import * as dates from './dates.ts';

/** One function: how it is written, and checks of arguments that are constants, so that a slip in them is found when it is saved. */
interface Known {
  readonly usage: string;
  readonly constants?: Readonly<Record<number, (value: string) => void>>;
  /** Number of arguments from which on it needs the rules of a time zone. */
  readonly zoneFrom?: number;
}

const isDate = (text: string): void => void dates.date(text);

export const FUNCTIONS: Readonly<Record<string, Known>> = {
  size: { usage: 'size(text | list | map)' },
  int: { usage: 'int(number | text)' },
  double: { usage: 'double(number | text)' },
  string: { usage: 'string(value)' },
  bool: { usage: 'bool(text)' },
  json: { usage: 'json(value)' },
  date: { usage: 'date(time) or date(time, zone)', constants: { 0: isDate, 1: dates.checkZone }, zoneFrom: 2 },
  addDays: { usage: 'addDays(date, days)', constants: { 0: isDate } },
  addMonths: { usage: 'addMonths(date, months)', constants: { 0: isDate } },
  addHours: { usage: 'addHours(time, hours)', constants: { 0: isDate } },
  addMinutes: { usage: 'addMinutes(time, minutes)', constants: { 0: isDate } },
  startOf: { usage: 'startOf(date, "week" | "month" | "quarter" | "year")', constants: { 0: isDate, 1: dates.checkUnit } },
  endOf: { usage: 'endOf(date, "week" | "month" | "quarter" | "year")', constants: { 0: isDate, 1: dates.checkUnit } },
  weekday: { usage: 'weekday(date)', constants: { 0: isDate } },
  daysBetween: { usage: 'daysBetween(from, to)', constants: { 0: isDate, 1: isDate } },
  epoch: { usage: 'epoch(time)', constants: { 0: isDate } },
  format: {
    usage: 'format(date, pattern) or format(date, pattern, zone)',
    constants: { 0: isDate, 1: dates.checkPattern, 2: dates.checkZone },
    zoneFrom: 3,
  },
  has: { usage: 'has(name.member)' },
};

/** Written after a value: text.startsWith("x"), list.map(x, x + 1). */
export const METHODS: Readonly<Record<string, { readonly usage: string }>> = {
  size: { usage: 'value.size()' },
  startsWith: { usage: 'text.startsWith(text)' },
  endsWith: { usage: 'text.endsWith(text)' },
  contains: { usage: 'text.contains(text)' },
  lowerAscii: { usage: 'text.lowerAscii()' },
  upperAscii: { usage: 'text.upperAscii()' },
  trim: { usage: 'text.trim()' },
  indexOf: { usage: 'text.indexOf(text)' },
  lastIndexOf: { usage: 'text.lastIndexOf(text)' },
  substring: { usage: 'text.substring(from) or text.substring(from, to)' },
  split: { usage: 'text.split(separator)' },
  join: { usage: 'list.join(separator) with a list of texts, such as list.map(x, string(x))' },
  all: { usage: 'list.all(x, condition)' },
  exists: { usage: 'list.exists(x, condition)' },
  exists_one: { usage: 'list.exists_one(x, condition)' },
  map: { usage: 'list.map(x, value) or list.map(x, condition, value)' },
  filter: { usage: 'list.filter(x, condition)' },
};

/** Methods that bind a name for each entry of a list. */
export const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Functions of CEL that are left out, and what to write in their place. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  matches: 'matches is not offered, because some patterns take for ever; use startsWith, endsWith, contains or ==',
  timestamp: 'dates are texts here; use date, addDays, addMonths, addHours or format',
  duration: 'dates are texts here; use addHours, addMinutes, addDays or addMonths',
  bytes: 'there are no bytes in expressions, only texts',
  uint: 'use int',
  type: 'types cannot be asked for; they are checked when the definition is saved',
};

/** Adds our functions, and arithmetic between int and double: a number of JSON may be either, and a definition must not depend on which. */
export function addFunctions(env: Environment, json: (value: unknown) => string): Environment {
  const add = (signature: string, handler: (...args: never[]) => unknown): void => {
    env.registerFunction(signature, { handler: handler as (...args: unknown[]) => unknown, async: false });
  };
  add('json(dyn): string', json);
  add('date(string): string', (text: string) => dates.date(text));
  add('date(string, string): string', dates.date);
  add('addDays(string, int): string', (text: string, days: bigint) => dates.addDays(text, Number(days)));
  add('addMonths(string, int): string', (text: string, months: bigint) => dates.addMonths(text, Number(months)));
  add('addHours(string, int): string', (text: string, hours: bigint) => dates.addMinutes(text, Number(hours) * 60));
  add('addMinutes(string, int): string', (text: string, minutes: bigint) => dates.addMinutes(text, Number(minutes)));
  add('startOf(string, string): string', dates.startOf);
  add('endOf(string, string): string', dates.endOf);
  add('weekday(string): int', (text: string) => BigInt(dates.weekday(text)));
  add('daysBetween(string, string): int', (from: string, to: string) => BigInt(dates.daysBetween(from, to)));
  add('epoch(string): int', (text: string) => BigInt(dates.epoch(text)));
  add('format(string, string): string', (text: string, pattern: string) => dates.format(text, pattern));
  add('format(string, string, string): string', dates.format);
  const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [sign, compute] of Object.entries(operators)) {
    const mixed = (a: number | bigint, b: number | bigint): number => compute(Number(a), Number(b));
    env.registerOperator(`int ${sign} double: double`, mixed);
    env.registerOperator(`double ${sign} int: double`, mixed);
  }
  // == also makes != and the other order.
  env.registerOperator('int == double: bool', (a: number | bigint, b: number | bigint) => Number(a) === Number(b));
  return env;
}

/** Throws Wrong where an argument that is a constant cannot be meant. */
export function checkConstant(name: string, index: number, value: unknown): void {
  const check = FUNCTIONS[name]?.constants?.[index];
  if (check && typeof value === 'string') check(value);
}
