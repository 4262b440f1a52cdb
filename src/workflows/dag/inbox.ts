// The messages of a run, applied one after the other, once for each id. Nothing here throws: what cannot be done is told as refused.
import type { RunRerunMessage } from '../../specs/run.ts';
import { localUntil, isFinal } from '../local.ts';
import { condition } from '@temporalio/workflow';
import type { DagRun } from './dag.run.ts';
import { isFailed, type DagEvent, type RerunRequest } from './dag.state.ts';
import type { Told } from './events.ts';
import {
  readAdmitted,
  readChildEnded,
  readNode,
  readPlace,
  readRunApprove,
  readRunKill,
  readRunMark,
  readRunRerun,
  readRunSignal,
} from './messages.ts';
import { planRerun } from './rerun.ts';
import { onPlan } from './versions.ts';

const NOBODY = 'a signal without a name';
const MOST_SIGNALS = 100;

type Signed = { readonly id?: string; readonly by?: string; readonly reason?: string };
const signed = ({ by = NOBODY, reason }: Signed): { by: string; reason?: string } => ({ by, ...(reason !== undefined && { reason }) });
/** The same for the event that answers it: by the id its sender finds it, also when the answer was lost. */
const answering = (message: Signed) => ({ ...signed(message), ...(message.id !== undefined && { message: message.id }) });

export class Inbox {
  readonly #run: DagRun;

  constructor(run: DagRun) {
    this.#run = run;
  }

  /** Applies a message of this name; what nobody knows is left alone. */
  receive(name: string, raw: unknown): void {
    const run = this.#run;
    switch (name) {
      case 'admitted': {
        const key = readAdmitted(raw);
        // Without a key, a worker has come: whoever waits for one asks again.
        for (const { job } of run.jobs()) if (key === undefined || job.key === key) job.wishes.admitted = true;
        return;
      }
      case 'childEnded':
        return run.relatives.childEnded(readChildEnded(raw));
      case 'kill':
        return this.#kill(readRunKill(raw));
      case 'rerun': {
        const { wrong, ...message } = readRunRerun(raw);
        if (run.seen(message.id)) return;
        if (wrong !== undefined) return this.#refused('rerun', message, `its ${wrong} cannot be read`);
        return this.#rerun(message);
      }
      case 'mark': {
        const { as, ...message } = readRunMark(raw);
        if (as === undefined) return this.#once(message, () => this.#refused('mark', message, 'mark needs "as": succeeded, failed or skipped'));
        return this.#onNode('mark', message, (node) => ({ type: 'mark', node, as }), { type: 'mark', reason: `marked as ${as}` });
      }
      case 'skip':
        return this.#onNode('skip', readNode(raw), (node) => ({ type: 'mark', node, as: 'skipped' }), { type: 'mark', reason: 'skipped by hand' });
      case 'disable':
      case 'enable':
        return this.#onNode(name, readNode(raw), (node) => ({ type: name, node }), { type: name });
      case 'approve': {
        const message = readRunApprove(raw);
        const approved = message.approved !== false;
        return this.#onNode('approve', message, (node) => ({ type: 'approve', node, approved }), {
          type: 'approve',
          reason: approved ? 'approved' : 'not approved',
        });
      }
      case 'pause':
      case 'resume': {
        const message = readNode(raw);
        return this.#once(message, () => this.#tell(name, message, { type: name }, { type: name, ...answering(message) }));
      }
      case 'signal':
        return this.#signal(readRunSignal(raw));
      case 'resolve':
      case 'modify':
        return this.#toJob(name, raw);
    }
  }

  /** Carries out reruns that need another plan, in order; run it beside everything else. */
  async work(): Promise<never> {
    const { reruns } = this.#run;
    for (;;) {
      await condition(() => reruns.length > 0 && !this.#run.leaving());
      await this.#onSpec(reruns[0]!);
      reruns.shift();
    }
  }

  #kill(message: ReturnType<typeof readRunKill>): void {
    const { node: name, item, how = 'graceful' } = message;
    if (this.#run.seen(message.id)) return;
    if (message.wrong !== undefined) return this.#refused('kill', message, `its ${message.wrong} cannot be read`);
    if (name === undefined) {
      this.#tell('kill', message, { type: 'kill', how }, { type: 'kill', ...answering(message) });
      return;
    }
    const node = this.#run.indexOf(name);
    if (node === undefined) return this.#refused('kill', message, `there is no node ${name}`);
    if (item === undefined) {
      this.#tell('kill', message, { type: 'kill-node', node, how }, { type: 'kill', of: name, ...answering(message) });
      return;
    }
    const live = this.#run.nodeRun(node);
    const why = live?.stopItem ? live.stopItem(item, { how, ...signed(message) }) : 'it is not under way';
    if (why !== undefined) return this.#refused('kill', message, `${name}/${item}: ${why}`);
    this.#run.note({ type: 'kill', of: `${name}/${item}`, ...answering(message) });
  }

  #rerun(message: RunRerunMessage): void {
    const { spec, params, item, nodes = [] } = message;
    if (this.#run.reruns.length > 0 || spec) {
      this.#run.reruns.push(message);
      return;
    }
    const ended = this.#run.state.status === 'FINISH';
    if (params && !ended) return this.#refused('rerun', message, 'parameters change only in a run that has ended');
    if (item !== undefined) {
      if (nodes.length !== 1) return this.#refused('rerun', message, 'an item needs the one node that it belongs to');
      const node = this.#run.indexOf(nodes[0]!);
      const live = node === undefined ? undefined : this.#run.nodeRun(node);
      if (live) {
        const why = live.rerunItem ? live.rerunItem(item, signed(message)) : 'it has no items';
        if (why !== undefined) return this.#refused('rerun', message, `${nodes[0]}/${item}: ${why}`);
        return this.#run.note({
          ...answering(message),
          type: 'rerun',
          reason: [`rerun of ${nodes[0]}/${item}`, message.reason].filter(Boolean).join(': '),
        });
      }
      const known = this.#run.notes.items[nodes[0]!];
      if (!known || (typeof item === 'number' && item >= known.items.count))
        return this.#refused('rerun', message, `there is no item ${nodes[0]}/${item}`);
    }
    this.#again(message);
  }

  /** Asks the machine for a rerun, and remembers what of a node with items it is about. */
  #again(message: RunRerunMessage): void {
    const { notes, state, plan } = this.#run;
    const request = this.#requestOf(message);
    if (typeof request === 'string') return this.#refused('rerun', message, request);
    const { again, refused } = planRerun(plan, state, request);
    if (refused !== undefined) return this.#refused('rerun', message, refused);
    notes.why = signed(message);
    const seeds = new Set(request.nodes);
    for (const node of again) {
      const { name } = plan.nodes[node]!;
      if (!notes.items[name]) continue;
      if (message.item !== undefined && seeds.has(node)) notes.scopes[name] = message.item;
      else if (request.mode === 'failed' && isFailed(state.phases[node]!)) notes.scopes[name] = 'failed';
      else delete notes.scopes[name];
    }
    const { params, spec, version } = message;
    if (params) this.#run.change({ params });
    const set = { ...(params && { params }), ...(spec && { spec }), ...(version !== undefined && { version }) };
    this.#run.tell({ type: 'rerun', ...request }, { type: 'rerun', ...answering(message), ...(Object.keys(set).length > 0 && { set }) });
  }

  #requestOf({ mode, nodes, item, generation }: RunRerunMessage): RerunRequest | string {
    const indices = (nodes ?? []).map((name) => this.#run.indexOf(name));
    const unknown = indices.indexOf(undefined);
    if (unknown >= 0) return `there is no node ${nodes![unknown]}`;
    const chosen = item !== undefined ? 'nodes' : (mode ?? (nodes ? 'nodes' : 'failed'));
    const named = chosen === 'nodes' || chosen === 'downstream';
    return { mode: chosen, ...(named && { nodes: indices as number[] }), ...(generation !== undefined && { generation }) };
  }

  /** A rerun on another version, or one that came after such a one. */
  async #onSpec(message: RunRerunMessage): Promise<void> {
    const { spec, version } = message;
    if (!spec) {
      const [first, ...rest] = this.#run.reruns.splice(0);
      this.#rerun(message);
      this.#run.reruns.push(first!, ...rest);
      return;
    }
    try {
      const plan = await localUntil(
        (activities) => activities.runPlan(spec),
        () => this.#run.leaving(),
      );
      // The next run asks again: until then the message waits.
      if (!plan) return await condition(() => false);
      const state = onPlan(this.#run.plan, this.#run.state, plan);
      if (!state) return this.#refused('rerun', message, 'another version is only for a run that has ended');
      const before = { plan: this.#run.plan, state: this.#run.state, input: this.#run.input() };
      this.#run.change({ spec, ...(version !== undefined && { version }) }, { plan, state });
      const generation = this.#run.state.generation;
      this.#again(message);
      if (this.#run.state.generation === generation) this.#run.change(before.input, before);
    } catch (error) {
      if (!isFinal(error)) throw error;
      this.#refused('rerun', message, error instanceof Error ? error.message : String(error));
    }
  }

  #signal(message: ReturnType<typeof readRunSignal>): void {
    const { name } = message;
    const { state, plan, notes } = this.#run;
    if (this.#run.seen(message.id)) return;
    if (name === undefined) return this.#refused('signal', message, 'signal needs a name');
    if (state.status === 'FINISH') return this.#refused('signal', message, 'the run has ended');
    this.#run.note({ ...answering(message), type: 'signal', reason: [`signal ${name}`, message.reason].filter(Boolean).join(': ') });
    const waiting = state.live.filter((node) => {
      const { waits } = plan.nodes[node]!;
      return typeof waits === 'object' && waits.signal === name && state.phases[node] === 'live';
    });
    for (const node of waiting) this.#run.nodeRun(node)?.told?.({ type: 'signal', name });
    if (waiting.length === 0 && !notes.signals.includes(name)) notes.signals = [...notes.signals, name].slice(-MOST_SIGNALS);
  }

  #toJob(name: 'resolve' | 'modify', raw: unknown): void {
    const message = readPlace(raw);
    if (this.#run.seen(message.id)) return;
    const { node: of = '', item } = message;
    const job = this.#run.nodeRun(this.#run.indexOf(of) ?? -1)?.job(item);
    if (!job) return this.#refused(name, message, `no job of ${of === '' ? 'no node' : of}${item === undefined ? '' : `/${item}`} is under way`);
    job.receive(name, raw);
  }

  #onNode(name: string, message: Signed & { id?: string; node?: string }, event: (node: number) => DagEvent, told: Told): void {
    this.#once(message, () => {
      const node = message.node === undefined ? undefined : this.#run.indexOf(message.node);
      if (node === undefined)
        return this.#refused(name, message, message.node === undefined ? `${name} needs a node` : `there is no node ${message.node}`);
      const reason = [told.reason, message.reason].filter(Boolean).join(': ');
      this.#tell(name, message, event(node), { ...told, ...answering(message), ...(reason !== '' && { reason }) });
    });
  }

  #once(message: { id?: string }, apply: () => void): void {
    if (!this.#run.seen(message.id)) apply();
  }

  #tell(name: string, message: Signed & { node?: string }, event: DagEvent, told: Told): void {
    const refused = this.#run.tell(event, told);
    if (refused !== undefined) this.#refused(name, message, message.node === undefined ? refused : `${message.node}: ${refused}`);
  }

  #refused(name: string, message: Signed, why: string): void {
    this.#run.note({ ...answering(message), type: 'refused', reason: `${name} refused: ${why}` });
  }
}
