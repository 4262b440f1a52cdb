// Reads the messages of a run. As with those of a job there may be anything in them: what is missing or of the wrong form is left out,
// and nothing here throws.
import { RERUN_MODES } from '../../specs/dag.ts';
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
const MARKS = ['succeeded', 'failed', 'skipped'] as const;

export const readRunKill = (raw: unknown): RunKillMessage => ({
  ...readNode(raw),
  ...itemOf(raw),
  how: fields(raw)['how'] === 'forced' ? 'forced' : 'graceful',
});

export function readRunRerun(raw: unknown): RunRerunMessage {
  const { mode, nodes, generation, params, spec, version } = fields(raw);
  const known = RERUN_MODES.find((one) => one === mode);
  return {
    ...common(raw),
    ...itemOf(raw),
    ...(known && { mode: known }),
    ...(Array.isArray(nodes) && { nodes: nodes.filter(isName).slice(0, MOST_NODES) }),
    ...(Number.isInteger(generation) && { generation: Number(generation) }),
    ...(isObject(params) && fits(params) && { params: params as { readonly [name: string]: Json } }),
    ...(isDag(spec) && fits(spec) && { spec }),
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
  return item === 'final' || (Number.isInteger(item) && Number(item) >= 0) ? { item: item as ItemId } : {};
}

const isName = (value: unknown): value is string => isText(value) && value.length <= LONGEST_NAME;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
const fits = (value: unknown): boolean => JSON.stringify(value).length <= LONGEST_JSON;

function isDag(value: unknown): value is CarriedDag {
  const { spec, sha256, size } = fields(value);
  return isObject(spec) || (isText(sha256) && Number.isInteger(size));
}
