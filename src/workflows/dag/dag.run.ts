// One run under way: holds the state of the machine, carries out its effects, and tells the store what has changed.
import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { DagPlan, PlanNode } from '../../specs/dag.ts';
import type { Json } from '../../specs/execution.ts';
import type { ItemId, NodeChange, RunAnswer, RunInput, RunQuestion, RunRerunMessage, RunResult, RunSnapshot } from '../../specs/run.ts';
import type { AdmitRequest, AdmitResult } from '../../specs/activities.ts';
import { isEnd } from '../../specs/status.ts';
import { Batch } from '../batch.ts';
import type { JobRun } from '../job/job.run.ts';
import { showAttributes } from '../job/attributes.ts';
import { Journal } from '../journal.ts';
import { localIdle, localUntil } from '../local.ts';
import { aside } from './aside.ts';
import { notesOf, packJobs, unpackJobs, type Carried, type Notes } from './carry.ts';
import { dagTransition } from './dag.machine.ts';
import { initialState, PHASES, type DagEffect, type DagEvent, type DagState, type Phase } from './dag.state.ts';
import { Events, type Told } from './events.ts';
import { factsOf } from './facts.ts';
import type { NodeEnded, NodeRun, RunHost, RunSurroundings, Why } from './host.ts';
import { endedJob, noAnswer, type CarriedJob } from './nodes/job.ts';
import { makeNode } from './nodes/make.ts';
import { outstanding } from './outstanding.ts';
import { Places } from './places.ts';
import { outcomeReason, reasonOf } from './reason.ts';
import { Relatives } from './relatives.ts';
import { Renewal } from './renewal.ts';
import { runDetails, snapshotOf } from './shown.ts';

const MOST_APPLIED_IDS = 1_000;
/** What is carried must fit into one message of Temporal, of 2 MB. */
const MOST_CARRIED = 1_800_000;
const BY_RUN: Why = { by: 'the run' };

export class DagRun implements RunHost {
  readonly workflowId = workflowInfo().workflowId;
  readonly renewal: Renewal;
  readonly events: Events;
  readonly journal: Journal;
  readonly places: Places;
  readonly relatives: Relatives;
  readonly surroundings: RunSurroundings;
  readonly notes: Notes;
  /** Reruns that wait for their plan, in order. */
  readonly reruns: RunRerunMessage[];
  #input: RunInput;
  #plan: DagPlan;
  #state: DagState;
  #reason: string | undefined;
  #appliedIds: readonly string[];
  #resumed: Carried | undefined;
  readonly #nodes = new Map<number, NodeRun>();
  readonly #indices = new Map<string, number>();
  /** Who asked for what is being done now. */
  #why: Why = BY_RUN;
  #applying = false;
  readonly #next: (() => void)[] = [];
  readonly #admits: Batch<AdmitRequest, AdmitResult>;
  readonly #takes: Batch<AdmitRequest, AdmitResult>;
  readonly #questions: Batch<RunQuestion, RunAnswer>;

  constructor(input: RunInput, plan: DagPlan, carried?: Carried) {
    const { carried: _carried, ...own } = input;
    this.#input = own;
    this.#plan = plan;
    this.#index();
    this.#state = carried?.state ?? initialState(plan);
    this.#reason = carried?.reason;
    this.#appliedIds = carried?.appliedIds ?? [];
    this.#resumed = carried;
    this.notes = notesOf(carried?.notes);
    this.reruns = [...(carried?.reruns ?? [])];
    this.renewal = new Renewal(input.historyBudget);
    this.events = new Events(
      () => this.#shown(),
      (events) => ({ input: this.#input, workflowId: this.workflowId, temporalRunId: workflowInfo().runId, events }),
      carried?.events,
    );
    this.journal = new Journal(this.events);
    this.places = new Places(this.renewal.held);
    this.relatives = new Relatives(this, carried?.toldParent);
    this.#admits = new Batch((activities, requests) => activities.admitAll(requests));
    this.#takes = new Batch((activities, requests) => activities.takeAll(requests));
    this.#questions = new Batch(
      async (activities, questions) => (await activities.answerAll(this.#asked(questions))).map((ok) => ({ ok })),
      // What upstream nodes have left is read in the store.
      () => this.journal.endsWritten,
    );
    const { steps, lifecycles, renewWanted, held, hurried } = this.renewal;
    const asking: RunHost['surroundings']['asking'] = {
      place: (how, request, answered, interrupted) => (how === 'admit' ? this.#admits : this.#takes).ask(request, interrupted, answered),
      cluster: (name, interrupted) => localUntil((activities) => activities.clusterRecord(name), interrupted),
    };
    this.surroundings = { steps, lifecycles, renewWanted, held, hurried, asking };
  }

  get plan(): DagPlan {
    return this.#plan;
  }
  get state(): DagState {
    return this.#state;
  }
  /** Of a run in FINISH that has not succeeded. */
  get reason(): string | undefined {
    return this.#reason;
  }
  input(): RunInput {
    return this.#input;
  }
  node(node: number): PlanNode {
    return this.#plan.nodes[node]!;
  }
  indexOf(name: string): number | undefined {
    return this.#indices.get(name);
  }
  nodeRun(node: number): NodeRun | undefined {
    return this.#nodes.get(node);
  }
  leaving(): boolean {
    return this.renewal.leaving();
  }
  pushed(job: JobRun): void {
    this.journal.pushed(job);
    // A wait is told with the answer of admission: nothing else would soon write that the node is under way.
    if (job.state.attemptStatus === 'ACCEPTED' && job.state.reason !== undefined) this.events.hurry();
  }

  /** Begins, or goes on where the run before stopped; then everything goes on beside. */
  begin(): void {
    for (const loop of [this.#admits, this.#takes, this.#questions, this.journal]) void loop.run();
    this.relatives.run();
    const resumed = this.#resumed;
    this.#resumed = undefined;
    if (resumed) this.#resume(resumed);
    else this.tell({ type: 'begin' }, { type: 'status' });
    this.#show();
  }

  /** Whether there is nothing left to do but to close. */
  get closable(): boolean {
    return (
      this.#state.status === 'FINISH' &&
      this.journal.empty &&
      localIdle() &&
      this.reruns.length === 0 &&
      !this.relatives.owesParent &&
      this.renewal.steps.underWay === 0
    );
  }

  /** Resolves when the run is to be continued as new. */
  untilLeaving(): Promise<void> {
    const quiet = (): boolean => this.journal.idle && localIdle();
    return this.renewal.run(
      quiet,
      () => JSON.stringify(this.renewalInput()).length < MOST_CARRIED,
      () => this.places.fill(),
    );
  }

  /** Applies an event of the machine and its effects. Why it was refused, if it was. */
  tell(event: DagEvent, told: Told = { type: 'nodes' }, end?: NodeEnded): string | undefined {
    if (this.#applying) {
      this.#next.push(() => this.#apply(event, told, end));
      return undefined;
    }
    this.#applying = true;
    const refused = this.#apply(event, told, end);
    for (let next = this.#next.shift(); next; next = this.#next.shift()) next();
    this.#applying = false;
    this.#show();
    return refused;
  }

  /** An event that changes no node. */
  note(told: Told): void {
    this.events.tell(told);
  }

  /** Remembers an id; whether it was known. A message without one is always new. */
  seen(id: string | undefined): boolean {
    if (id === undefined) return false;
    if (this.#appliedIds.includes(id)) return true;
    this.#appliedIds = [...this.#appliedIds, id].slice(-MOST_APPLIED_IDS);
    return false;
  }

  /** The run on another plan or with other parameters; it has ended. */
  change(input: Partial<RunInput>, plan?: { readonly plan: DagPlan; readonly state: DagState }): void {
    this.#input = { ...this.#input, ...input };
    if (!plan) return;
    this.#plan = plan.plan;
    this.#state = plan.state;
    this.#index();
  }

  ask(question: RunQuestion, interrupted: () => boolean): Promise<RunAnswer | undefined> {
    return this.#questions.ask(() => question, interrupted).catch((error: unknown) => ({ failed: { code: 'INTERNAL', reason: messageOf(error) } }));
  }

  changed(node: number, change: Partial<NodeChange>, lazy = false): void {
    const phase = this.#state.phases[node]!;
    this.events.changed({ ...this.#change(node, phase), ...change }, lazy);
  }

  ended(node: number, end: NodeEnded): void {
    const { status, code, attempt = this.#state.attempts[node]! } = end;
    this.#nodes.delete(node);
    this.tell({ type: 'ended', node, attempt, status, ...(code && { code }) }, { type: 'nodes' }, end);
  }

  /** Every job under way, with its place. */
  *jobs(): Iterable<{ path: string; job: JobRun }> {
    for (const node of this.#nodes.values()) yield* node.jobs();
  }

  snapshot(): RunSnapshot {
    const more = { runId: this.#input.runId, seq: this.events.seq, appliedIds: this.#appliedIds, queued: this.places.waiting };
    return snapshotOf(this.#state, more, this.jobs());
  }

  result(): RunResult {
    const { runId, app, dag } = this.#input;
    const outcome = this.#state.outcome!;
    const carried = this.#carried() as unknown as { readonly [key: string]: Json };
    return { runId, app, dag, outcome, ...(this.#reason !== undefined && { reason: this.#reason }), endedAt: now(), carried };
  }

  /** Input of the run that goes on from here. */
  renewalInput(): RunInput {
    const starts = Object.fromEntries([...this.#nodes].map(([node, run]) => [this.node(node).name, run.carried()]));
    const live = new Map<JobRun, { node: string; item: ItemId | undefined; job: JobRun }>();
    for (const [node, run] of this.#nodes) {
      for (const one of run.jobs()) live.set(one.job, { node: this.node(node).name, item: (one as { item?: ItemId }).item, job: one.job });
    }
    for (const job of this.journal.jobs) {
      const { node, item } = job.input.place!;
      if (!live.has(job)) live.set(job, { node, item, job });
    }
    const carried: Carried = { ...this.#carried(), starts, ...packJobs(live.values()) };
    return { ...this.#input, carried: carried as unknown as { readonly [key: string]: Json } };
  }

  #carried(): Carried {
    return {
      state: this.#state,
      events: this.events.carried(),
      notes: this.notes,
      appliedIds: this.#appliedIds,
      toldParent: this.relatives.toldParent,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      ...(this.reruns.length > 0 && { reruns: this.reruns }),
    };
  }

  #index(): void {
    this.#indices.clear();
    for (const [index, { name }] of this.#plan.nodes.entries()) this.#indices.set(name, index);
  }

  #resume(carried: Carried): void {
    const jobs = new Map<string, Map<ItemId | '', CarriedJob>>();
    const starts = new Map(Object.entries(carried.starts ?? {}));
    for (const { node, item, job } of unpackJobs(carried)) {
      const { state } = job.resume;
      if (isEnd(state.status)) {
        endedJob(this, { node: this.indexOf(node) ?? 0, ...(item !== undefined && { item }), attempt: state.attempt }, job);
      } else {
        jobs.set(node, (jobs.get(node) ?? new Map<ItemId | '', CarriedJob>()).set(item ?? '', job));
      }
    }
    for (const node of this.#state.live) {
      const { name } = this.node(node);
      this.#nodes.set(node, this.#nodeRun(node, this.#state.attempts[node]!, starts.get(name), jobs.get(name)));
    }
    // Not those that these starts bring about.
    for (const run of Array.from(this.#nodes.values())) run.start();
    for (const effect of outstanding(this.#state)) if (effect.type === 'evaluate') this.#carryOut(effect);
  }

  #apply(event: DagEvent, told: Told, end: NodeEnded | undefined): string | undefined {
    const before = this.#state;
    const { state, effects, refused } = dagTransition(this.#plan, before, event);
    if (refused !== undefined) return refused;
    this.#state = state;
    this.#why = told.by === undefined ? BY_RUN : { by: told.by, ...(told.reason !== undefined && { reason: told.reason }) };
    if (event.type === 'kill') this.notes.killed = this.#why;
    if (endsAnew(before, state)) this.#reason = outcomeReason(this.#plan, state, this.notes.killed);
    else if (state.status !== 'FINISH') this.#reason = undefined;
    this.#tellChanges(before, told, 'node' in event && end ? { node: event.node, end } : undefined);
    for (const effect of effects) this.#carryOut(effect);
    if (state.status === 'RUNNING' && before.status !== 'RUNNING') showAttributes({ LongshoreStatus: 'RUNNING' });
    return undefined;
  }

  #tellChanges(before: DagState, told: Told, ended: { readonly node: number; readonly end: NodeEnded } | undefined): void {
    const { phases, attempts, status } = this.#state;
    const changes: NodeChange[] = [];
    for (const [node, phase] of phases.entries()) {
      if (phase === before.phases[node] && attempts[node] === before.attempts[node]) continue;
      const change = this.#change(node, phase, ended?.node === node ? ended.end : undefined);
      if (PHASES[phase].end) {
        if (change.code) this.notes.codes[change.node] = change.code;
        else delete this.notes.codes[change.node];
      }
      changes.push(change);
    }
    if (told.type !== 'nodes' || status !== before.status) {
      const reason = told.reason ?? (status === 'FINISH' ? this.#reason : undefined);
      this.events.tell({ ...told, type: told.type === 'nodes' ? 'status' : told.type, ...(reason !== undefined && { reason }) }, changes);
      // Whoever did it by hand said why they did it; the run has its own reason.
      if (endsAnew(before, this.#state) && reason !== this.#reason)
        this.events.tell({ type: 'status', ...(this.#reason !== undefined && { reason: this.#reason }) });
    } else {
      for (const change of changes) this.events.changed(change, this.#isLazy(change));
    }
  }

  /** Its job tells of it, or it changes again at once. */
  #isLazy({ phase, node }: NodeChange): boolean {
    return phase === 'asked' || (phase === 'live' && this.node(this.indexOf(node)!).kind === 'job');
  }

  #change(node: number, phase: Phase, end?: NodeEnded): NodeChange {
    const reason = end?.reason ?? reasonOf(this.#plan, this.#state, node);
    return {
      node: this.node(node).name,
      phase,
      status: PHASES[phase].status as NodeChange['status'],
      attempt: this.#state.attempts[node]!,
      ...(reason !== undefined && { reason }),
      ...(end?.code && { code: end.code }),
    };
  }

  #carryOut(effect: DagEffect): void {
    switch (effect.type) {
      case 'start': {
        const run = this.#nodeRun(effect.node, effect.attempt);
        this.#nodes.set(effect.node, run);
        run.start();
        return;
      }
      case 'evaluate':
        aside(() => this.#evaluate(effect.node, effect.generation));
        return;
      case 'stop':
        this.#nodes.get(effect.node)?.stop({ ...this.#why, how: effect.how });
        return;
      case 'entered':
        this.#nodes.get(effect.node)?.dismiss?.();
        this.#nodes.delete(effect.node);
        return;
      case 'settle':
        showAttributes({ LongshoreStatus: effect.outcome });
        return;
    }
  }

  async #evaluate(node: number, generation: number): Promise<void> {
    const waits = (): boolean => this.#state.phases[node] === 'asked' && this.#state.generation === generation;
    const answer = await this.ask({ ask: 'when', node: this.node(node).name }, () => !waits() || this.leaving());
    if (answer === undefined || !waits()) return;
    if ('holds' in answer) {
      this.tell({ type: 'condition', node, generation, answer: answer.holds });
      return;
    }
    const end: NodeEnded = 'failed' in answer ? { status: 'FAILED', ...answer.failed } : noAnswer(answer);
    this.tell({ type: 'condition', node, generation, answer: 'error' }, { type: 'nodes' }, end);
  }

  /** A start of a node; `carried` is what a run before has left of it. */
  #nodeRun(node: number, attempt: number, carried?: Json, jobs?: ReadonlyMap<ItemId | '', CarriedJob>): NodeRun {
    return makeNode(this, this.notes, { node, attempt, carried, jobs }, (later) => this.#next.push(later));
  }

  #asked(questions: readonly RunQuestion[]) {
    const about = questions.map(({ node }) => this.indexOf(node) ?? 0);
    const nodes = factsOf(this.#plan, this.#state, about, this.notes.codes, (node) => this.#nodes.get(node)?.job()?.state.status);
    return { run: this.#input, workflowId: this.workflowId, nodes, questions };
  }

  #shown() {
    const { status, outcome, generation, paused } = this.#state;
    return { status, ...(outcome && { outcome }), generation, paused };
  }

  #show(): void {
    setCurrentDetails(runDetails(this.#plan, this.#state, this.#reason));
  }
}

/** Whether a run has come to an end that it did not have before; a mark brings one that has ended to another. */
const endsAnew = (before: DagState, after: DagState): boolean =>
  after.status === 'FINISH' && (before.status !== 'FINISH' || before.generation !== after.generation);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const now = (): string => new Date().toISOString();
