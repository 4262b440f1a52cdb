// The rules of a DAG run as one pure function: (state, event) → state and effects. The same code runs in the workflow and is the model
// of the tests. What it refuses changes nothing.
import { FAILURE, type DagPlan, type RunOutcome } from '../../specs/dag.ts';
import { OUTCOME_CODES } from '../../specs/errors.ts';
import { Draft } from './dag.draft.ts';
import {
  PHASES,
  countsAs,
  isFailed,
  isLive,
  wasHeldBack,
  type DagEffect,
  type DagEvent,
  type DagState,
  type Phase,
  type StopHow,
} from './dag.state.ts';
import { hasOpenNeed, judge } from './ready.ts';
import { planRerun, reach } from './rerun.ts';

/** What a transition gives. `refused`: why nothing was changed, in words for whoever asked. */
export interface DagTransition {
  readonly state: DagState;
  readonly effects: readonly DagEffect[];
  readonly refused?: string;
}

/** Applies one event. Never throws. */
export function dagTransition(plan: DagPlan, state: DagState, event: DagEvent): DagTransition {
  const draft = new Draft(plan, state);
  const refused = 'node' in event && plan.nodes[event.node] === undefined ? `there is no node ${event.node}` : apply(draft, event);
  if (refused !== undefined) return { state, effects: [], refused };
  proceed(draft);
  return { state: draft.state, effects: draft.effects };
}

/** Gives why the event is refused; then the draft is thrown away. */
function apply(draft: Draft, event: DagEvent): string | undefined {
  const { state } = draft;
  switch (event.type) {
    case 'begin':
      if (state.status !== 'WAITING') return 'the run has begun before';
      state.status = 'RUNNING';
      return decide(draft, draft.plan.nodes.keys());
    case 'ended':
      return ended(draft, event);
    case 'condition':
      if (draft.phase(event.node) !== 'asked' || event.generation !== state.generation) return 'nobody asks for this answer any more';
      if (event.answer !== true) return finish(draft, event.node, event.answer === false ? 'skipped' : 'failed', true);
      draft.put(event.node, 'ready');
      return undefined;
    case 'approve':
      if (!draft.plan.nodes[event.node]!.approval || draft.phase(event.node) !== 'live') return 'it does not wait for an approval';
      return finish(draft, event.node, event.approved ? 'succeeded' : 'failed', true);
    case 'mark':
      return mark(draft, event.node, event.as);
    case 'disable':
      return disable(draft, event.node);
    case 'enable':
      if (!state.disabled.includes(event.node)) return 'it is not disabled';
      state.disabled = state.disabled.filter((node) => node !== event.node);
      return undefined;
    case 'pause':
    case 'resume':
      if (state.status === 'FINISH') return 'the run has ended';
      if (state.paused === (event.type === 'pause')) return `the run is ${state.paused ? 'paused already' : 'not paused'}`;
      state.paused = !state.paused;
      return undefined;
    case 'kill':
      if (state.status === 'FINISH') return 'the run has ended';
      state.killed = true;
      state.status = 'RUNNING';
      drop(draft);
      for (const node of state.live) draft.stop(node, event.how ?? 'graceful');
      return undefined;
    case 'kill-node':
      return killNode(draft, event.node, event.how ?? 'graceful');
    default:
      return rerun(draft, event);
  }
}

const END_PHASES = { SUCCEED: 'succeeded', FAILED: 'failed', START_FAILED: 'start-failed', KILLED: 'killed', CANCELED: 'canceled' } as const;

function ended(draft: Draft, { node, attempt, status, code, outputs }: Extract<DagEvent, { type: 'ended' }>): string | undefined {
  const before = draft.phase(node);
  if (!isLive(before)) return 'it is not under way';
  if (attempt < draft.state.attempts[node]!) return `attempt ${attempt} is an earlier one`;
  if (attempt > draft.state.attempts[node]!) draft.own('attempts')[node] = attempt;
  if (before === 'restarting') {
    draft.reopen(node);
    return decide(draft, [node]);
  }
  if (outputs !== undefined) draft.own('outputs')[node] = outputs;
  const byKill = status === 'CANCELED' && code !== undefined && OUTCOME_CODES[code] === 'killed';
  return finish(draft, node, byKill ? 'withdrawn' : END_PHASES[status], false);
}

/** A node has ended: the failure mode, then the nodes that need it. `tell`: no job tells of it. */
function finish(draft: Draft, node: number, phase: Phase, tell: boolean): undefined {
  if (tell) draft.enter(node, phase);
  else draft.put(node, phase);
  if (endsStarts(draft, node, phase)) {
    drop(draft);
    for (const other of draft.state.live) {
      // What a rerun wanted to run again is being stopped already, and stays so.
      if (draft.phase(other) === 'restarting') draft.put(other, 'stopping');
      else if (draft.plan.failure === 'stop' && draft.phase(other) === 'live') draft.stop(other, 'graceful');
    }
  }
  wake(draft, node);
}

/** Whether this end brings the failure mode about. A kill by hand does not: what does not need the node goes on. */
const endsStarts = ({ plan }: Draft, node: number, phase: Phase): boolean =>
  plan.failure !== 'finish' && !plan.nodes[node]!.ignore && PHASES[phase].counts === FAILURE;

/** Decides these nodes, as far as they wait. */
function decide(draft: Draft, nodes: Iterable<number>): undefined {
  for (const node of nodes) {
    if (draft.phase(node) !== 'waiting') continue;
    decideOne(draft, node);
    if (draft.isEnd(node)) wake(draft, node);
  }
}

/** Decides the nodes that need an ended one, and in turn those that need what has so ended. Without recursion: a chain may have 10,000 nodes. */
function wake(draft: Draft, ended: number): undefined {
  const { plan, state } = draft;
  const queue = [ended];
  for (const node of queue) {
    const failure = countsAs(plan, state, node) === FAILURE;
    for (const next of plan.nodes[node]!.feeds ?? []) {
      if (draft.phase(next) !== 'waiting') continue;
      // Only a failure and a first need that is met decide before the last need has ended.
      if (!failure && !plan.nodes[next]!.any && hasOpenNeed(plan, state, next)) continue;
      decideOne(draft, next);
      if (draft.isEnd(next)) queue.push(next);
    }
  }
}

function decideOne(draft: Draft, node: number): void {
  const verdict = judge(draft.plan, draft.state, node);
  if (verdict.is === 'open') return;
  if ('because' in verdict) draft.enter(node, verdict.is, verdict.because);
  else if (draft.state.disabled.includes(node)) draft.enter(node, 'disabled');
  else if (draft.plan.nodes[node]!.when !== undefined) ask(draft, node);
  else draft.put(node, 'ready');
}

function ask(draft: Draft, node: number): void {
  draft.put(node, 'asked');
  draft.effects.push({ type: 'evaluate', node, generation: draft.state.generation });
}

/** The run ends every node that has not started. */
function drop(draft: Draft): void {
  for (const node of draft.plan.nodes.keys()) if (!draft.isEnd(node) && !isLive(draft.phase(node))) draft.enter(node, 'dropped');
}

function disable(draft: Draft, node: number): string | undefined {
  if (draft.state.disabled.includes(node)) return 'it is disabled already';
  draft.own('disabled').push(node);
  // Its needs have let it run: this is its turn.
  if (draft.phase(node) === 'asked' || draft.phase(node) === 'ready') finish(draft, node, 'disabled', true);
  return undefined;
}

function killNode(draft: Draft, node: number, how: StopHow): string | undefined {
  if (draft.isEnd(node)) return 'it has ended';
  if (draft.state.status === 'WAITING') return 'the run has not begun';
  if (!isLive(draft.phase(node))) return finish(draft, node, 'withdrawn', true);
  draft.stop(node, how);
  return undefined;
}

function mark(draft: Draft, node: number, as: 'succeeded' | 'failed' | 'skipped'): string | undefined {
  const { plan, state } = draft;
  if (state.status === 'WAITING') return 'the run has not begun';
  if (state.killed && state.status !== 'FINISH') return 'the run is being killed';
  if (isLive(draft.phase(node))) return 'its job is under way; kill it first';
  const before = draft.isEnd(node);
  if (state.outputs[node] !== null) draft.own('outputs')[node] = null;
  draft.enter(node, as);
  // What the end before had kept from running is decided anew. A node that had not ended has kept nothing from running.
  const held = (plan.nodes[node]!.feeds ?? []).filter((next) => wasHeldBack(draft.phase(next)));
  open(draft, before ? [...reach(plan, state, held, false)] : []);
  return finish(draft, node, as, false);
}

function rerun(draft: Draft, request: Extract<DagEvent, { type: 'rerun' }>): string | undefined {
  const { again, stopped, refused } = planRerun(draft.plan, draft.state, request);
  if (refused !== undefined) return refused;
  for (const node of stopped) draft.stop(node, 'graceful', 'restarting');
  return open(draft, again);
}

/** Opens the run, lets ended nodes wait again, and decides them and what was about to start: its needs may be open again. */
function open(draft: Draft, again: readonly number[]): undefined {
  const { state } = draft;
  state.status = 'RUNNING';
  delete state.outcome;
  state.generation += 1;
  if (again.length > 0) state.killed = false;
  const starting = [...state.asked, ...state.ready];
  for (const node of starting) draft.put(node, 'waiting');
  for (const node of again) draft.reopen(node);
  decide(draft, [...starting, ...again]);
}

/** Starts what may start, and settles the run once nothing is under way: then every node has ended. */
function proceed(draft: Draft): void {
  const { plan, state } = draft;
  if (state.status !== 'RUNNING') return;
  if (!state.paused && state.ready.length > 0) startReady(draft);
  if (state.live.length + state.asked.length + state.ready.length > 0) return;
  state.status = 'FINISH';
  state.paused = false;
  state.outcome = outcomeOf(plan, state);
  draft.effects.push({ type: 'settle', outcome: state.outcome });
}

function startReady(draft: Draft): void {
  const { plan, state } = draft;
  const waits = (node: number): boolean => plan.nodes[node]!.kind === 'wait';
  let places = plan.maxParallel === undefined ? Infinity : plan.maxParallel - state.live.filter((node) => !waits(node)).length;
  const kept: number[] = [];
  for (const node of state.ready) {
    if (!waits(node) && places <= 0) {
      kept.push(node);
      continue;
    }
    if (!waits(node)) places -= 1;
    const attempt = state.attempts[node]! + 1;
    draft.own('attempts')[node] = attempt;
    draft.own('phases')[node] = 'live';
    draft.own('live').push(node);
    draft.effects.push({ type: 'start', node, attempt });
  }
  state.ready = kept;
}

function outcomeOf(plan: DagPlan, { phases, killed }: Pick<DagState, 'phases' | 'killed'>): RunOutcome {
  if (killed && phases.some((phase) => phase === 'dropped' || phase === 'killed' || phase === 'withdrawn')) return 'KILLED';
  return phases.some((phase, node) => isFailed(phase) && !plan.nodes[node]!.ignore) ? 'FAILED' : 'SUCCEED';
}
