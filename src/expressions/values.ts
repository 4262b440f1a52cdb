// JSON in, JSON out. CEL tells int (a bigint) from double (a number); JSON has one kind of number, and loses digits beyond 2^53.
import { LIMITS } from './limits.ts';
import { tooDeep, type Meter } from './meter.ts';
import { mismatch, type Shape } from './shapes.ts';
import { Wrong, type Json, type ValueType } from './types.ts';

const KINDS: Readonly<Record<ValueType, string>> = {
  string: 'string',
  date: 'string',
  datetime: 'string',
  int: 'number',
  float: 'number',
  bool: 'boolean',
  file: 'object',
  json: 'any',
};

/**
 * A value for CEL. A whole number is an int, unless it is declared float; an object becomes a Map, in which no name means more than another.
 * `only` leaves out members that the expression does not name. Throws Wrong where a value is not of its declared type.
 */
export function toCel(name: string, value: Json | undefined, shape: Shape, meter: Meter, only?: ReadonlySet<string>, depth = 0): unknown {
  meter.take(1);
  if (depth > 100) throw tooDeep();
  if (shape.type && (value === null || typeof value !== KINDS[shape.type])) throw mismatch(name, shape.type, value);
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return numberOf(name, value, shape);
  if (typeof value !== 'object') return value;
  const inner = (key: string | number, member: Json): unknown =>
    toCel(`${name}[${JSON.stringify(key)}]`, member, shapeOf(shape, key), meter, undefined, depth + 1);
  if (isList(value)) return value.map((entry, i) => inner(i, entry));
  const entries = Object.entries(value).filter(([key, member]) => member !== undefined && (only === undefined || only.has(key)));
  return new Map(entries.map(([key, member]) => [key, inner(key, member)]));
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const shapeOf = (shape: Shape, key: string | number): Shape => (typeof key === 'number' ? shape.list : shape.members?.get(key)) ?? {};

function numberOf(name: string, value: number, shape: Shape): bigint | number {
  if (shape.type === 'float') return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  if (shape.type === 'int') throw mismatch(name, 'int', value);
  return value;
}

/** A result as JSON. Throws Wrong for what JSON cannot carry, and for what is too large. */
export function toJson(value: unknown): Json {
  let left: number = LIMITS.result;
  const take = (characters: number): void => {
    left -= characters;
    if (left < 0) throw new Wrong(`gives more than ${LIMITS.result} characters of JSON; give a file's name in place of its content`);
  };
  const json = (given: unknown, depth: number): Json => {
    if (depth > 200) throw tooDeep();
    take(1);
    switch (typeof given) {
      case 'string':
        take(given.length + 2);
        return given;
      case 'boolean':
        return given;
      case 'bigint':
        if (given > BigInt(Number.MAX_SAFE_INTEGER) || given < BigInt(Number.MIN_SAFE_INTEGER)) {
          throw new Wrong(`gives the int ${String(given).slice(0, 40)}, and JSON is exact only up to 9007199254740991; write string(…) around it`);
        }
        return Number(given);
      case 'number':
        if (!Number.isFinite(given)) throw new Wrong(`gives ${given}, which JSON has no number for`);
        return given === 0 ? 0 : given;
      default:
        if (given === null) return null;
        if (Array.isArray(given)) return given.map((entry) => json(entry, depth + 1));
        return Object.fromEntries(
          membersOf(given).map(([key, member]) => {
            take(key.length + 3);
            return [key, json(member, depth + 1)];
          }),
        );
    }
  };
  return json(value, 0);
}

function membersOf(given: unknown): (readonly [string, unknown])[] {
  if (given instanceof Map) return [...given].map(([key, member]) => [String(key), member]);
  const plain = typeof given === 'object' && given !== null && [Object.prototype, null].includes(Object.getPrototypeOf(given) as object | null);
  if (!plain) throw new Wrong('gives no value of JSON');
  return Object.entries(given);
}
