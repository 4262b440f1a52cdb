// Reads what a cluster answered: bounded, without secrets, with known words only. A hostile or broken answer becomes "unknown".
import { OUTCOME_CODES, StepError, type OutcomeCode } from '../specs/errors.ts';
import type { Handle, Json, Observation } from '../specs/execution.ts';
import { shorten } from './failure.ts';
import type { Mask } from './mask.ts';

const PHASES: readonly unknown[] = ['pending', 'running', 'ended', 'not-found', 'unknown'];
const FINALS: readonly unknown[] = ['succeeded', 'failed', 'killed'];
const MAX_TEXT = 1_000;
const MAX_WORD = 100;
const MAX_DETAIL = 4 * 1024;
const MAX_HANDLE = 4 * 1024;

type Fields = { readonly [name: string]: unknown };
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isTime = (value: unknown): value is string => typeof value === 'string' && value.length < 40 && !Number.isNaN(Date.parse(value));

/** One line for people: no control characters, no terminal escapes. */
const line = (text: string, mask: Mask): string =>
  shorten(
    mask
      .text(text)
      .replace(/\p{Cc}+/gu, ' ')
      .trim(),
    MAX_TEXT,
  );

function webAddress(value: unknown, mask: Mask): string | undefined {
  if (typeof value !== 'string' || value.length > 2_048 || !URL.canParse(value) || mask.text(value) !== value) return undefined;
  return /^https?:$/.test(new URL(value).protocol) ? value : undefined;
}

function resources(value: unknown): Observation['resources'] | undefined {
  if (!isObject(value)) return undefined;
  return {
    ...(isNumber(value['cpu']) && { cpu: value['cpu'] }),
    ...(isNumber(value['memory']) && { memory: value['memory'] }),
    ...(typeof value['limits'] === 'string' && { limits: shorten(value['limits'], 100) }),
  };
}

/** Whole texts and numbers are masked, not the JSON that they stand in: that would no longer be JSON where a secret is a number. */
function masked(value: Json, mask: Mask): Json {
  if (typeof value === 'string') return mask.text(value);
  if (typeof value === 'number' && mask.text(String(value)) !== String(value)) return mask.text(String(value));
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask.text(key), masked(item, mask)]));
}

function detail(value: unknown, mask: Mask): { readonly [key: string]: Json } | undefined {
  if (!isObject(value)) return undefined;
  const text = JSON.stringify(value);
  if (text.length > MAX_DETAIL) return { cut: `${text.length} bytes of detail` };
  const shown = masked(JSON.parse(text) as Json, mask) as { [key: string]: Json };
  const shownText = JSON.stringify(shown);
  // A secret may reach over more than one value.
  return mask.text(shownText) === shownText ? shown : undefined;
}

/** The answer as the rest of Longshore may see it. Never throws. */
export function readObservation(answer: unknown, mask: Mask): Observation {
  try {
    return read(answer, mask);
  } catch {
    return { phase: 'unknown', message: 'the cluster gave an answer that cannot be read', observedAt: new Date().toISOString() };
  }
}

function read(answer: unknown, mask: Mask): Observation {
  const raw: Fields = isObject(answer) ? answer : {};
  const known = PHASES.includes(raw['phase']) && (raw['phase'] !== 'ended' || FINALS.includes(raw['final']));
  const phase = known ? (raw['phase'] as Observation['phase']) : 'unknown';
  const trackingUrl = webAddress(raw['trackingUrl'], mask);
  const got = resources(raw['resources']);
  const rawDetail = detail(raw['detail'], mask);
  const says = typeof raw['message'] === 'string' ? raw['message'] : known ? undefined : `the cluster says phase "${String(raw['phase'])}"`;
  return {
    phase,
    ...(phase === 'ended' && { final: raw['final'] as NonNullable<Observation['final']> }),
    ...(isNumber(raw['exitCode']) && { exitCode: raw['exitCode'] }),
    ...(typeof raw['code'] === 'string' && Object.hasOwn(OUTCOME_CODES, raw['code']) && { code: raw['code'] as OutcomeCode }),
    ...(says !== undefined && { message: line(says, mask) }),
    ...(trackingUrl !== undefined && { trackingUrl }),
    ...(got !== undefined && { resources: got }),
    ...(typeof raw['progress'] === 'string' && { progress: line(raw['progress'], mask) }),
    ...(isTime(raw['startedAt']) && { startedAt: raw['startedAt'] }),
    ...(isTime(raw['endedAt']) && { endedAt: raw['endedAt'] }),
    ...(typeof raw['raw'] === 'string' && { raw: shorten(line(raw['raw'], mask), MAX_WORD) }),
    ...(rawDetail !== undefined && { detail: rawDetail }),
    observedAt: isTime(raw['observedAt']) ? raw['observedAt'] : new Date().toISOString(),
  };
}

/** Whether a workflow must hear of `seen`, when it knows `known`. Progress and detail are shown by heartbeats, not by history. */
export const hasChanged = (known: Observation, seen: Observation): boolean =>
  known.phase !== seen.phase || known.final !== seen.final || known.code !== seen.code || known.exitCode !== seen.exitCode;

/** A handle that fits history. AMBIGUOUS_START when it does not: something was started that nobody could find again by it. */
export function readHandle(handle: Handle): Handle {
  const size = isObject(handle) && typeof handle.id === 'string' ? Buffer.byteLength(JSON.stringify(handle)) : Number.POSITIVE_INFINITY;
  if (size > MAX_HANDLE) throw new StepError('AMBIGUOUS_START', `the adapter returned a handle without an id or over ${MAX_HANDLE} bytes`);
  return handle;
}
