// Reads the messages of a run. As with those of a job there may be anything in them: what is missing or of the wrong form is left out,
// and nothing here throws.
import { RERUN_MODES, type RerunMode } from '../../specs/dag.ts';
import type { Json } from '../../specs/execution.ts';
import { RUN_OUTCOMES } from '../../specs/dag.ts';
import type {
  CarriedDag,
  ChildEndedMessage,
  ItemId,
  RunApproveMessage,
  RunKillMessage,
  RunMarkMessage,
  RunNodeMessage,
  RunRerunMessage,
  RunSignalMessage,
} from '../../specs/run.ts';
import { common, fields, isText } from '../job/messages.ts';

const LONGEST_NAME = 256;
const MOST_NODES = 10_000;
/** Parameters or a spec that came by a raw signal: continue-as-new carries them. */
const LONGEST_JSON = 256 * 1024;
/** A field that is there and cannot be read. */
interface Wrong {
  readonly wrong?: string;
}

const MARKS = ['succeeded', 'failed', 'skipped'] as const;

/** `wrong`: what it is to be about, when that cannot be read. Left out, it would be about more than was meant. */
export const readRunKill = (raw: unknown): RunKillMessage & Wrong => ({
  ...wrongOf(raw, { node: isName, item: isItem }),
  ...readNode(raw),
  ...itemOf(raw),
  how: fields(raw)['how'] === 'forced' ? 'forced' : 'graceful',
});

/** `wrong`: as for a kill; also what is to be other than before. */
export function readRunRerun(raw: unknown): RunRerunMessage & Wrong {
  const { mode, nodes, generation, params, spec, version } = fields(raw);
  return {
    ...wrongOf(raw, { mode: isMode, nodes: isNames, item: isItem, generation: Number.isInteger, params: isParams, spec: isSpec }),
    ...common(raw),
    ...itemOf(raw),
    ...(isMode(mode) && { mode }),
    ...(isNames(nodes) && { nodes }),
    ...(Number.isInteger(generation) && { generation: Number(generation) }),
    ...(isParams(params) && { params }),
    ...(isSpec(spec) && { spec }),
    ...(Number.isInteger(version) && { version: Number(version) }),
  };
}

export function readRunMark(raw: unknown): RunMarkMessage {
  const as = MARKS.find((one) => one === fields(raw)['as']);
  return { ...readNode(raw), ...(as && { as }) };
}

export function readNode(raw: unknown): RunNodeMessage {
  const { node } = fields(raw);
  return { ...common(raw), ...(isName(node) && { node }) };
}

export const readRunApprove = (raw: unknown): RunApproveMessage => ({ ...readNode(raw), approved: fields(raw)['approved'] !== false });

export function readRunSignal(raw: unknown): RunSignalMessage {
  const { name } = fields(raw);
  return { ...common(raw), ...(isName(name) && { name }) };
}

/** Whose job a resolve or modify is about; the rest is read by the job. */
export const readPlace = (raw: unknown): RunNodeMessage & { readonly item?: ItemId } => ({ ...readNode(raw), ...itemOf(raw) });

export function readChildEnded(raw: unknown): ChildEndedMessage {
  const { node, attempt, outcome, reason } = fields(raw);
  const known = RUN_OUTCOMES.find((one) => one === outcome);
  return {
    ...(isName(node) && { node }),
    ...(Number.isInteger(attempt) && { attempt: Number(attempt) }),
    ...(known && { outcome: known }),
    ...(isText(reason) && { reason: reason.slice(0, 1024) }),
  };
}

export function readAdmitted(raw: unknown): string | undefined {
  const { key } = fields(raw);
  return isName(key) ? key : undefined;
}

function itemOf(raw: unknown): { item?: ItemId } {
  const { item } = fields(raw);
  return isItem(item) ? { item } : {};
}

/** The first of these fields that is there and not as it must be. */
function wrongOf(raw: unknown, fieldsAre: { readonly [field: string]: (value: unknown) => boolean }): Wrong {
  const values = fields(raw);
  const wrong = Object.keys(fieldsAre).find((field) => values[field] !== undefined && values[field] !== null && !fieldsAre[field]!(values[field]));
  return wrong === undefined ? {} : { wrong };
}

const isItem = (value: unknown): value is ItemId => value === 'final' || (Number.isInteger(value) && Number(value) >= 0);
const isMode = (value: unknown): value is RerunMode => RERUN_MODES.includes(value as RerunMode);
const isNames = (value: unknown): value is string[] => Array.isArray(value) && value.length <= MOST_NODES && value.every(isName);
const isParams = (value: unknown): value is { readonly [name: string]: Json } => isObject(value) && fits(value);
const isSpec = (value: unknown): value is CarriedDag => isDag(value) && fits(value);
const isName = (value: unknown): value is string => isText(value) && value.length <= LONGEST_NAME;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
const fits = (value: unknown): boolean => JSON.stringify(value).length <= LONGEST_JSON;

function isDag(value: unknown): value is CarriedDag {
  const { spec, sha256, size } = fields(value);
  return isObject(spec) || (isText(sha256) && Number.isInteger(size));
}
