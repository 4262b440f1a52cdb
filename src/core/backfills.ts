// Backfills as callers see and steer them. Another app's backfill does not exist for the caller.
import { randomUUID } from 'node:crypto';
import { newJobId } from '../compose/job-id.ts';
import { backfillStart, backfillWorkflowId, BACKFILL_SIGNALS, type BackfillRef, type BackfillSettings } from '../specs/backfill.ts';
import type { BackfillCycleView, BackfillPlan, BackfillView } from '../specs/backfill-views.schema.ts';
import { digestOf } from '../specs/canonical.ts';
import { LongshoreError } from '../specs/errors.ts';
import type { Json } from '../specs/execution.ts';
import { WORKFLOW_TYPES } from '../specs/messages.ts';
import type { BackfillCounts, BackfillCycleRow, BackfillCycleState, BackfillRow } from '../store/backfills-contract.ts';
import { crashPoint } from '../crash-points.ts';
import { planBackfill, planView } from './plan-backfill.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { ask } from './temporal.ts';

/** Longest wait for an effect. */
const PATIENCE_MS = 2_000;
const LOOK_EVERY_MS = 50;

export interface CreateBackfillArgs extends Omit<BackfillSettings, 'params' | 'downstream'> {
  readonly name: string;
  readonly params?: { readonly [name: string]: Json } | undefined;
  /** Default: false. */
  readonly downstream?: boolean | undefined;
  readonly requestId?: string | undefined;
}

const settingsOf = ({ params, downstream, ...rest }: Omit<CreateBackfillArgs, 'name' | 'requestId'>): BackfillSettings => ({
  ...rest,
  ...(params !== undefined && { params }),
  ...(downstream === true && { downstream }),
});

/**
 * Durable in the store before the answer, with all its cycles: where Temporal is away, a scheduler brings it there. Errors: NOT_FOUND, INVALID,
 * REQUEST_ID_CONFLICT, *_UNAVAILABLE (with a request id a retry is safe).
 */
export async function createBackfill(deps: Deps, caller: Caller, { name, requestId, ...asked }: CreateBackfillArgs): Promise<BackfillView> {
  const settings = settingsOf(asked);
  const digest = digestOf({ name, settings });
  const known = requestId === undefined ? undefined : await deps.store.backfills.byRequestId(caller.app, requestId);
  if (known !== undefined) return await same(deps, known, digest);
  const { target, version, cycles } = await planBackfill(deps, caller, name, settings);
  const row = await deps.store.backfills.created(
    {
      ...target,
      id: newJobId(),
      version,
      digest,
      settings,
      createdBy: byOf(caller),
      createdAt: new Date().toISOString(),
      ...(requestId !== undefined && { requestId }),
    },
    cycles,
  );
  crashPoint('backfill.created');
  return await same(deps, row, digest);
}

/** It is there; its workflow, too, as soon as Temporal can be reached. */
async function same(deps: Deps, row: BackfillRow, digest: string): Promise<BackfillView> {
  if (row.digest !== digest)
    throw new LongshoreError('REQUEST_ID_CONFLICT', `Request id "${row.requestId}" made backfill ${row.id} from another name, range or options.`);
  try {
    if (row.endedAt === undefined) await tell(deps, row, 'wake');
  } catch (error) {
    deps.logger.warn({ err: error, app: row.app, backfill: row.id }, 'a backfill could not be begun; the scheduler will');
  }
  return await viewOf(deps, row);
}

/** What it would do, and nothing is done. */
export async function previewBackfill(
  deps: Deps,
  caller: Caller,
  { name, ...settings }: Omit<CreateBackfillArgs, 'requestId'>,
): Promise<BackfillPlan> {
  const asked = settingsOf(settings);
  return await planView(deps, await planBackfill(deps, caller, name, asked), asked);
}

async function ownBackfill(deps: Deps, caller: Caller, id: string): Promise<BackfillRow> {
  const row = await deps.store.backfills.backfill(id);
  if (row === undefined || row.app !== caller.app) throw new LongshoreError('NOT_FOUND', `App "${caller.app}" has no backfill ${id}.`);
  return row;
}

function stateOf({ state, hold, kill }: BackfillRow): BackfillView['state'] {
  if (state !== 'RUNNING') return state;
  return kill !== undefined ? 'STOPPING' : hold !== undefined ? 'PAUSED' : state;
}

function view(row: BackfillRow, counts: BackfillCounts): BackfillView {
  const { id, app, name, kind, version, requestId, settings, reason, hold, createdBy, createdAt, endedAt } = row;
  const { params, ...asked } = settings;
  return {
    id,
    app,
    name,
    kind,
    version,
    requestId,
    state: stateOf(row),
    reason: reason ?? (hold?.note || undefined),
    ...asked,
    ...(params !== undefined && { params: { ...params } as never }),
    counts: { ...counts },
    createdBy,
    createdAt,
    endedAt,
    workflowId: backfillWorkflowId(row),
  };
}

const viewOf = async ({ store }: Pick<Deps, 'store'>, row: BackfillRow): Promise<BackfillView> => view(row, await store.backfills.counts(row.id));

export interface ListBackfillsArgs {
  readonly name?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export async function listBackfills(
  deps: Deps,
  caller: Caller,
  { name, limit, cursor }: ListBackfillsArgs,
): Promise<{ items: BackfillView[]; next?: string }> {
  const page = { limit, ...(cursor !== undefined && { before: cursor }) };
  const rows = await deps.store.backfills.backfills(caller.app, name === undefined ? {} : { name }, page);
  const items = await Promise.all(rows.map((row) => viewOf(deps, row)));
  return { items, ...(rows.length === limit && { next: rows.at(-1)!.id }) };
}

export const getBackfill = async (deps: Deps, caller: Caller, { id }: { readonly id: string }): Promise<BackfillView> =>
  await viewOf(deps, await ownBackfill(deps, caller, id));

export interface ListBackfillCyclesArgs {
  readonly id: string;
  readonly state?: readonly BackfillCycleState[] | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export async function listBackfillCycles(
  deps: Deps,
  caller: Caller,
  { id, state, limit, cursor }: ListBackfillCyclesArgs,
): Promise<{ items: BackfillCycleView[]; next?: string }> {
  const { kind } = await ownBackfill(deps, caller, id);
  const after = cursor === undefined ? undefined : Number(cursor);
  const page = { limit, ...(Number.isSafeInteger(after) && { after: after! }) };
  const rows = await deps.store.backfills.cycles(id, state === undefined ? {} : { state }, page);
  return { items: rows.map((row) => cycleView(kind, row)), ...(rows.length === limit && { next: String(rows.at(-1)!.place) }) };
}

function cycleView(kind: BackfillRow['kind'], { place: _place, key: _key, round: _round, id, ...row }: BackfillCycleRow): BackfillCycleView {
  return { ...row, ...(id !== undefined && (kind === 'Job' ? { job: id } : { run: id })) };
}

export interface BackfillTold {
  readonly effect: 'done' | 'pending';
  readonly backfill: BackfillView;
}
interface Message {
  readonly id: string;
  readonly message?: string | undefined;
}

/** CONFLICT where it has ended, as with resume. */
export const pauseBackfill = (
  deps: Deps,
  caller: Caller,
  { note, ...args }: Message & { readonly note?: string | undefined },
): Promise<BackfillTold> => say(deps, caller, args, 'pause', note === undefined ? {} : { note }, ({ hold }) => hold !== undefined);

export const resumeBackfill = (deps: Deps, caller: Caller, args: Message): Promise<BackfillTold> =>
  say(deps, caller, args, 'resume', {}, ({ hold }) => hold === undefined);

/** Killing what has ended is done already. */
export async function killBackfill(
  deps: Deps,
  caller: Caller,
  { runs, reason, ...args }: Message & { readonly runs: boolean; readonly reason?: string | undefined },
): Promise<BackfillTold> {
  const row = await ownBackfill(deps, caller, args.id);
  if (row.endedAt !== undefined) return { effect: 'done', backfill: await viewOf(deps, row) };
  const more = { runs, ...(reason !== undefined && { reason }) };
  return await say(deps, caller, args, 'kill', more, ({ endedAt, kill }) => endedAt !== undefined || (kill !== undefined && (kill.runs || !runs)));
}

async function say(
  deps: Deps,
  caller: Caller,
  { id, message = randomUUID() }: Message,
  word: 'pause' | 'resume' | 'kill',
  more: { readonly [key: string]: string | boolean },
  seen: (row: BackfillRow) => boolean,
): Promise<BackfillTold> {
  const before = await ownBackfill(deps, caller, id);
  if (before.endedAt !== undefined) throw new LongshoreError('CONFLICT', `Backfill ${id} has ended: ${before.state}.`);
  await tell(deps, before, word, { id: message, by: byOf(caller), ...more });
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const row = await ownBackfill(deps, caller, id);
    const done = seen(row);
    if (done || performance.now() > until) return { effect: done ? 'done' : 'pending', backfill: await viewOf(deps, row) };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** A workflow that is not there is started, and takes up what the store says. */
async function tell(
  { temporal }: Pick<Deps, 'temporal'>,
  ref: BackfillRef,
  signal: keyof typeof BACKFILL_SIGNALS,
  message: object = {},
): Promise<void> {
  await ask(temporal, () =>
    temporal.workflow.signalWithStart(WORKFLOW_TYPES.backfill, { ...backfillStart(ref), signal: BACKFILL_SIGNALS[signal], signalArgs: [message] }),
  );
}
