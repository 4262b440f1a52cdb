/**
 * A rerun that carries what has waited for it. The order is what makes it right: a run is asked once all that it waits for among them has applied
 * its own rerun, so that its nodes that wait find these under way, and not the success of before. Nothing is kept between calls: the same message,
 * sent again, asks each run once and goes on where it stood.
 */
import { randomUUID } from 'node:crypto';
import type { AcrossView, RerunPlanView } from '../specs/run-views.schema.ts';
import type { RerunMode } from '../specs/dag.ts';
import { carriedBy, carriedId, downstreamOf, type Carried, type Source } from './across.ts';
import { appendAudit, auditEntry } from './audited.ts';
import type { Caller, Deps } from './deps.ts';
import { ownRun } from './own-run.ts';
import { planRerunOf, rerunRun, type RerunRunArgs } from './rerun-run.ts';
import { answerBefore, answeredBefore, type RunAccepted } from './run-effect.ts';
import { nodesOf } from './run-nodes.ts';

/** One call lasts no longer: whoever wants the rest sends it again. */
const LONGEST_MS = 20_000;
const LOOK_EVERY_MS = 100;
/** Runs of one turn that are asked at once. */
const AT_ONCE = 20;

export interface RerunArgs extends RerunRunArgs {
  /** Whether runs that have waited for what runs again run again, too. Default: false. */
  readonly across?: boolean | undefined;
}
type RerunAccepted = RunAccepted & { readonly across?: AcrossView[] };

/** As rerunRun; CONFLICT before anything is done where one of the runs that are carried cannot do it now. */
export async function rerun(deps: Deps, caller: Caller, { across, ...args }: RerunArgs): Promise<RerunAccepted> {
  return across === true ? await rerunAcross(deps, caller, { ...args, id: args.id ?? randomUUID() }) : await rerunRun(deps, caller, args);
}

/** As planRerunOf, with what would run in every run. */
export async function planOf(deps: Deps, caller: Caller, { across, ...args }: RerunArgs): Promise<RerunPlanView> {
  const plan = await planRerunOf(deps, caller, args);
  if (across !== true) return plan;
  const carried: NonNullable<RerunPlanView['across']> = [];
  for (const { run, nodes } of (await carriedBy(deps, await sourceOf(deps, caller, args), undefined)).flat()) {
    const { generation, again, stopped, anew } = await planRerunOf(deps, caller, { runId: run.runId, mode: 'downstream', nodes });
    carried.push({ runId: run.runId, dag: run.dag, cycle: run.cycle!.at, nodes: [...nodes], generation, again, stopped, anew });
  }
  return { ...plan, across: carried };
}

/** What runs again in the run itself: as planned, or where it has been asked before, as it was done. */
async function sourceOf(deps: Deps, caller: Caller, args: RerunRunArgs): Promise<Source> {
  const run = await ownRun(deps, caller, args.runId);
  const answer = await answerBefore(deps, run, args.id);
  if (answer === undefined) {
    const { again, stopped, anew } = await planRerunOf(deps, caller, args);
    return { run, again: new Set([...again, ...stopped, ...anew].map(({ name }) => name)) };
  }
  const known = await nodesOf(deps, run);
  const named: Partial<Record<RerunMode, readonly string[]>> = { all: known.plan.nodes.map(({ name }) => name), downstream: args.nodes ?? [] };
  const changed = (answer.nodes ?? []).map(({ node }) => node);
  return { run, again: new Set([...changed, ...(args.nodes ?? []), ...downstreamOf(known, named[args.mode ?? 'failed'] ?? [])]) };
}

async function rerunAcross(deps: Deps, caller: Caller, args: RerunRunArgs & { readonly id: string }): Promise<RerunAccepted> {
  const until = performance.now() + LONGEST_MS;
  const turns = await carriedBy(deps, await sourceOf(deps, caller, args), args.id);
  const first = await applied(deps, caller, args, until);
  let effect = first.effect;
  const across: AcrossView[] = [];
  for (const turn of turns) {
    // Nobody is asked before what it waits for has begun anew: its nodes would find the success of before.
    let turnEffect = effect;
    for (let from = 0; from < turn.length; from += AT_ONCE) {
      const some = turn.slice(from, from + AT_ONCE);
      const late = effect === 'pending' || performance.now() > until;
      const effects = late ? some.map(() => 'waiting' as const) : await Promise.all(some.map((one) => carry(deps, caller, args, one, until)));
      if (effects.some((one) => one !== 'done')) turnEffect = 'pending';
      for (const [at, { run, nodes }] of some.entries()) {
        across.push({ runId: run.runId, dag: run.dag, cycle: run.cycle!.at, nodes: [...nodes], effect: effects[at]! });
      }
    }
    effect = turnEffect;
  }
  return { ...first, effect, across };
}

async function carry(
  deps: Deps,
  caller: Caller,
  { id, runId, reason }: RerunRunArgs & { readonly id: string },
  { run, nodes }: Carried,
  until: number,
): Promise<RunAccepted['effect']> {
  const why = [`with run ${runId}`, reason].filter(Boolean).join(': ');
  const message = { runId: run.runId, id: carriedId(id, run.runId), mode: 'downstream' as const, nodes, reason: why };
  const { effect } = await applied(deps, caller, message, until);
  await appendAudit(deps, auditEntry(caller, 'rerunRun', { object: `run ${run.runId}`, detail: { mode: 'downstream', nodes, reason: why } }));
  return effect;
}

/** Asked, and waited for until it has been applied: its rows show then that it goes on. */
async function applied(deps: Deps, caller: Caller, args: RerunRunArgs & { readonly id: string }, until: number): Promise<RunAccepted> {
  const accepted = await rerunRun(deps, caller, args);
  while (accepted.effect === 'pending' && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const answered = await answeredBefore(deps, await ownRun(deps, caller, args.runId), args.id);
    if (answered !== undefined) return answered;
  }
  return accepted;
}
