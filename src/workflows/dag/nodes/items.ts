// A node with items: foreach, mapReduce, broadcast. Each item is a job of its own; the node ends when all of them have, and then the job that
// follows them.
import type { Json } from '../../../specs/execution.ts';
import type { CarriedItems, ItemId, ItemTries } from '../../../specs/run.ts';
import type { JobRun } from '../../job/job.run.ts';
import { aside } from '../aside.ts';
import type { NodeEnded, NodeRun, RunHost, Stop, Why } from '../host.ts';
import type { Claim } from '../places.ts';
import { ItemJobs, type CarriedItemJobs, type ItemPhase } from './items.state.ts';
import { NodeJob, noAnswer, withdrawn, type CarriedJob, type JobEnd } from './job.ts';

export interface ItemsStart {
  readonly attempt: number;
  /** What of them is to run; default: all of them. They are asked for anew, but where one is named. */
  readonly scope?: 'failed' | ItemId;
  readonly why?: Why;
  /** What is known of them when nothing else is: their run was cut off before. */
  readonly tries?: ItemTries;
}

/** `jobs` is set in what goes on after a continue-as-new. */
interface Carried extends ItemsStart {
  readonly jobs?: CarriedItemJobs;
}

export class ItemsNode implements NodeRun {
  readonly #host: RunHost;
  readonly #node: number;
  readonly #start: ItemsStart;
  /** As the start before left them. */
  readonly #before: CarriedItemJobs | undefined;
  readonly #resumed: ReadonlyMap<ItemId, CarriedJob>;
  readonly #keep: (jobs: CarriedItemJobs) => void;
  readonly #running = new Map<ItemId, NodeJob>();
  readonly #claim: Claim = { wants: () => this.#wants(), start: () => this.#startNext() };
  #jobs: ItemJobs | undefined;
  #stop: Stop | undefined;
  #failure: NodeEnded | undefined;
  #done = false;

  /** `keep`: what a later start of the node must know. */
  constructor(
    host: RunHost,
    node: number,
    start: ItemsStart,
    before: CarriedItemJobs | undefined,
    keep: (jobs: CarriedItemJobs) => void,
    resumed: ReadonlyMap<ItemId, CarriedJob> = new Map(),
  ) {
    this.#host = host;
    this.#node = node;
    this.#start = start;
    this.#before = before;
    this.#keep = keep;
    this.#resumed = resumed;
  }

  start(): void {
    const { jobs } = this.#start as Carried;
    const { scope } = this.#start;
    if (jobs) {
      this.#goOn(ItemJobs.restored(jobs));
    } else if (this.#before && (typeof scope === 'number' || scope === 'final')) {
      const again = ItemJobs.restored(this.#before);
      if (typeof scope === 'number') again.put(scope, '.');
      again.finalPhase = '.';
      this.#goOn(again);
    } else if (this.#before && scope === 'failed' && this.#host.node(this.#node).kind === 'broadcast') {
      // Its items are the workers that it went to.
      this.#goOn(ItemJobs.failed(this.#before, this.#before.items));
    } else {
      aside(() => this.#ask());
    }
  }

  stop(stop: Stop): void {
    this.#stop = stop;
    for (const job of this.#running.values()) job.stop(stop);
    this.#proceed();
  }

  /** Kills one item; what has not been started will not be. */
  stopItem(item: ItemId, stop: Stop): string | undefined {
    const running = this.#running.get(item);
    if (running) {
      running.stop(stop);
      return undefined;
    }
    if (typeof item !== 'number' || this.#jobs?.phase(item) !== '.') return 'it is not under way';
    this.#jobs.put(item, 'k');
    this.#proceed();
    return undefined;
  }

  rerunItem(item: ItemId): string | undefined {
    if (this.#jobs === undefined || this.#stop) return 'its node is being stopped, or has not begun';
    const phase = item === 'final' ? this.#jobs.finalPhase : this.#jobs.phase(item);
    if (phase === undefined) return `there is no item ${item}`;
    if (phase === '.' || phase === 'r' || item === 'final') return 'it has not ended; kill it first';
    if (this.#jobs.finalPhase === 'r') return 'the job after the items is under way; kill it first';
    this.#jobs.put(item, '.');
    this.#host.places.claim(this.#claim);
    return undefined;
  }

  *jobs(): Iterable<{ path: string; job: JobRun; item: ItemId }> {
    for (const [item, { path, job }] of this.#running) if (job) yield { path, job, item };
  }

  job(item?: ItemId): JobRun | undefined {
    return item === undefined ? undefined : this.#running.get(item)?.job;
  }

  carried(): Json {
    const carried: Carried = { ...this.#start, ...(this.#jobs && { jobs: this.#jobs.carried() }) };
    return carried as unknown as Json;
  }

  async #ask(): Promise<void> {
    const { name } = this.#host.node(this.#node);
    const answer = await this.#host.ask({ ask: 'items', node: name }, () => this.#stop !== undefined || this.#host.leaving());
    if (this.#stop) return this.#end(withdrawn(this.#stop));
    // The run leaves: the next one asks again.
    if (answer === undefined) return;
    if ('failed' in answer) this.#end({ status: 'FAILED', ...answer.failed });
    else if (!('items' in answer)) this.#end(noAnswer(answer));
    else if (this.#start.scope === 'failed' && this.#before) this.#goOn(ItemJobs.failed(this.#before, answer.items));
    else this.#goOn(new ItemJobs(answer.items, this.#before ?? this.#start.tries));
  }

  #goOn(jobs: ItemJobs): void {
    this.#jobs = jobs;
    this.#host.changed(this.#node, { items: jobs.count });
    // An item whose job had not been made when the run left waits again.
    for (let item = 0; item < jobs.count; item++) if (jobs.phase(item) === 'r' && !this.#resumed.has(item)) jobs.put(item, '.');
    if (jobs.finalPhase === 'r' && !this.#resumed.has('final')) jobs.finalPhase = '.';
    for (const [item, job] of this.#resumed) {
      this.#host.places.take();
      this.#make(item).resume(job);
    }
    this.#proceed();
  }

  #wants(): boolean {
    const { limit = Infinity } = this.#host.node(this.#node);
    if (this.#done || this.#stop || !this.#jobs) return false;
    return this.#jobs.counts('.') > 0 ? this.#running.size < limit : this.#wantsFinal();
  }

  #wantsFinal(): boolean {
    const jobs = this.#jobs!;
    return this.#host.node(this.#node).final === true && jobs.finalPhase === '.' && jobs.counts('s') === jobs.count;
  }

  #startNext(): void {
    const jobs = this.#jobs!;
    const next = jobs.next();
    if (next === undefined) jobs.finalPhase = 'r';
    this.#make(next ?? 'final').run();
  }

  #make(item: ItemId): NodeJob {
    const { why } = this.#start;
    const jobs = this.#jobs!;
    const attempt = 1 + (item === 'final' ? jobs.finalTries : jobs.tries(item));
    const items: CarriedItems = jobs.items;
    const job = new NodeJob(this.#host, { node: this.#node, item, items, attempt, ...(why && { why }) }, (end) => this.#ended(item, end));
    this.#running.set(item, job);
    return job;
  }

  #ended(item: ItemId, { tries, ...end }: JobEnd): void {
    const jobs = this.#jobs!;
    this.#running.delete(item);
    const phase = phaseOf(end);
    if (item === 'final') {
      jobs.finalTries = tries;
      jobs.finalPhase = phase;
    } else {
      jobs.tried(item, tries);
      jobs.put(item, phase);
    }
    if (phase === 'f')
      this.#failure = { ...end, reason: `${item === 'final' ? 'the job after its items' : `item ${item}`}: ${end.reason ?? end.status}` };
    this.#proceed();
  }

  /** Starts what may start, or ends the node. */
  #proceed(): void {
    if (this.#done || this.#jobs === undefined) return;
    if (this.#wants()) this.#host.places.claim(this.#claim);
    if (this.#running.size > 0 || (this.#jobs.counts('.') > 0 && !this.#stop) || (this.#wantsFinal() && !this.#stop)) return;
    this.#end(this.#outcome(this.#jobs));
  }

  #outcome(jobs: ItemJobs): NodeEnded {
    for (let item = 0; this.#stop && item < jobs.count; item++) if (jobs.phase(item) === '.') jobs.put(item, 'k');
    const failed = jobs.counts('f') + (jobs.finalPhase === 'f' ? 1 : 0);
    const killed = jobs.counts('k') + (jobs.finalPhase === 'k' ? 1 : 0);
    const { code } = this.#failure ?? {};
    if (failed > 0) {
      const counts = jobs.counts('f') > 0 ? `${jobs.counts('f')} of ${jobs.count} items failed` : 'the job after its items failed';
      return { status: 'FAILED', ...(code && { code }), reason: [counts, this.#failure?.reason].filter(Boolean).join('; ') };
    }
    // Killed after the last item, before the job that follows them: it has not succeeded.
    if (killed > 0 || (this.#stop && this.#host.node(this.#node).final && jobs.finalPhase !== 's')) {
      return { status: 'KILLED', code: 'KILLED', reason: jobs.counts('k') > 0 ? `${jobs.counts('k')} of ${jobs.count} items were killed` : 'killed' };
    }
    return { status: 'SUCCEED' };
  }

  #end(end: NodeEnded): void {
    this.#done = true;
    if (this.#jobs) this.#keep(this.#jobs.carried());
    this.#host.ended(this.#node, { ...end, attempt: this.#start.attempt });
  }
}

/** A kill is one also of what had not been started. */
function phaseOf({ status, code }: NodeEnded): ItemPhase {
  if (status === 'SUCCEED') return 's';
  return status === 'KILLED' || (status === 'CANCELED' && code === 'KILLED') ? 'k' : 'f';
}
