// What a transaction records of jobs and runs is told to those who wait in this process, once it is committed.
import type { Change } from '../contract.ts';
import type { Queries } from './sql.ts';

const noted = new WeakMap<Queries, readonly Change[]>();

/** To be told when the transaction is committed. */
export const noteChanges = (trx: Queries, changes: readonly Change[]): void => void noted.set(trx, [...notedChanges(trx), ...changes]);

export const notedChanges = (trx: Queries): readonly Change[] => noted.get(trx) ?? [];
