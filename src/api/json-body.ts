// Reads a JSON body itself: bounded before it is parsed, and free of what could harm whoever walks it later.
import express, { type RequestHandler } from 'express';
import { LongshoreError } from '../specs/errors.ts';
import { fieldError, invalid } from '../specs/validate.ts';

/** Largest JSON body. A spec may have half of it. */
export const MAX_BODY_BYTES = 512 * 1024;
/** Deeper nesting means an attack, or a mistake; recursion over it must stay safe. */
const MAX_DEPTH = 64;

/** Largest one that may hold a DAG, which may have 10,000 nodes. */
export const MAX_DAG_BODY_BYTES = 8 * 1024 * 1024;

/** Bytes as they came, not inflated, for `parseJson`. */
export const readBody: RequestHandler = reader(MAX_BODY_BYTES);
export const readDagBody: RequestHandler = reader(MAX_DAG_BODY_BYTES);

function reader(limit: number): RequestHandler {
  return express.raw({ type: () => true, limit, inflate: false });
}

/** Undefined for an empty body. INVALID with the position of a syntax error, and for nesting over 64, `__proto__`, or broken Unicode. */
export function parseJson(bytes: unknown): unknown {
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return undefined;
  const text = decode(bytes);
  requireShallow(text);
  const value = parse(text);
  requireHarmless(value, []);
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new LongshoreError('INVALID', 'The body is not UTF-8.', { cause: error });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LongshoreError('INVALID', `The body is not JSON: ${error instanceof Error ? error.message : 'it cannot be parsed'}.`, { cause: error });
  }
}

/** Counts brackets outside strings, before anything recurses. */
function requireShallow(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth > MAX_DEPTH) throw new LongshoreError('INVALID', `The body is nested deeper than ${MAX_DEPTH} at position ${i}.`);
  }
}

function requireHarmless(value: unknown, path: (string | number)[]): void {
  if (typeof value === 'string' && !value.isWellFormed()) throw invalid([fieldError(path, 'must be well-formed Unicode')]);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') throw invalid([fieldError([...path, key], 'is not allowed as a name')]);
    if (!key.isWellFormed()) throw invalid([fieldError(path, 'must not have names that are broken Unicode')]);
    requireHarmless(member, [...path, key]);
  }
}
