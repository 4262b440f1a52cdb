// One way to write a JSON value and its SHA-256, so that equal documents have equal digests in every process and store.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** Objects with sorted keys; members that are undefined are left out, as JSON.stringify leaves them out. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // A null prototype: a key "__proto__" is a key like any other.
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, member] of entries) object[key] = sorted(member);
  return object;
}

/** The value as JSON with sorted keys and without white space. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** SHA-256 of the canonical JSON in lower-case hexadecimal: a definition's and a job's digest. */
export function digestOf(value: unknown): string {
  return bytesToHex(sha256(new TextEncoder().encode(canonicalJson(value))));
}
