// Between columns and values: times, JSON, and members that are left out when a column is null.
import type { Timestamp } from '../../specs/execution.ts';

export const now = (): Timestamp => new Date().toISOString();

/** JSON for a nullable column. */
export const toJson = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value));

/** What a nullable JSON column holds. */
export const fromJson = (text: string | null): unknown => (text === null ? undefined : JSON.parse(text));

/** A job id for a look-up: 0, which no job has, for a text that is not a 63-bit id. */
export function idOf(jobId: string): bigint {
  const id = /^\d{1,19}$/.test(jobId) ? BigInt(jobId) : 0n;
  return id < 2n ** 63n ? id : 0n;
}

type MayLack<T> = { [K in keyof T]-?: null extends T[K] ? K : undefined extends T[K] ? K : never }[keyof T];
type Filled<T> = Omit<T, MayLack<T>> & { [K in MayLack<T>]?: NonNullable<T[K]> };

/** The object without the members that are null or undefined: in contracts absent means absent. */
export function filled<T extends object>(object: T): Filled<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined)) as Filled<T>;
}
