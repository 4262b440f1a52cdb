// The rules of a DAG run a second time, in words and sets instead of bits, without events: what the shipped rules are held against.
import type { FailureMode } from '../../../src/specs/dag.ts';
import type { Phase } from '../../../src/workflows/dag/dag.state.ts';

export type Word = 'success' | 'failure' | 'skipped';
export const ALL_WORDS: readonly Word[] = ['success', 'failure', 'skipped'];

/** A need whose node has ended: how, whether that node ignores its failures, and what is asked of it. */
export interface OracleNeed {
  readonly end: Phase;
  readonly ignores: boolean;
  readonly on: readonly Word[];
  readonly required: boolean;
}

export interface OracleNode {
  readonly join: 'all' | 'any';
  readonly needs: readonly OracleNeed[];
  readonly disabled: boolean;
  /** What its condition will say; absent: it has none. */
  readonly when?: boolean | 'error';
}

/** What an end counts as. */
function wordsOf(end: Phase, ignores: boolean): readonly Word[] {
  if (['succeeded', 'disabled'].includes(end)) return ['success'];
  if (['skipped', 'bypassed'].includes(end)) return ['skipped'];
  if (end === 'blocked') return ['failure'];
  if (['failed', 'start-failed', 'canceled'].includes(end)) return ignores ? ['failure', 'success'] : ['failure'];
  return [];
}

const isMet = ({ end, ignores, on }: OracleNeed): boolean => wordsOf(end, ignores).some((word) => on.includes(word));

/** The phase of a node once all its needs have ended; `live`: it is started. */
export function decided({ join, needs, disabled, when }: OracleNode): Phase {
  const required = needs.filter((need) => need.required);
  const unmet = required.filter((need) => !isMet(need));
  const runs = join === 'all' ? unmet.length === 0 : required.length === 0 || unmet.length < required.length;
  if (!runs) {
    const because = unmet.map(({ end, ignores, on }) => {
      const words = wordsOf(end, ignores);
      return words.length === 0 ? 'kill' : words.join() === 'failure' && on.includes('success') ? 'failure' : 'branch';
    });
    return because.includes('failure') ? 'blocked' : because.includes('kill') ? 'cut' : 'bypassed';
  }
  if (disabled) return 'disabled';
  return when === undefined || when === true ? 'live' : when === false ? 'skipped' : 'failed';
}

/** Whether this end is a failure that the failure mode of the run answers. */
export const endsStarts = (mode: FailureMode, end: Phase, ignores: boolean): boolean =>
  mode !== 'finish' && !ignores && ['failed', 'start-failed', 'canceled'].includes(end);
