// A node that is a run of another DAG: a workflow of its own, which tells its end by a signal, because a promise of it would not survive a
// continue-as-new. One that is gone tells nothing: it is looked for now and then.
import { ParentClosePolicy, WorkflowIdReusePolicy, condition, getExternalWorkflowHandle, startChild } from '@temporalio/workflow';
import { TypedSearchAttributes, WorkflowExecutionAlreadyStartedError, defineSearchAttributeKey } from '@temporalio/common';
import type { RunOutcome } from '../../../specs/dag.ts';
import type { Json } from '../../../specs/execution.ts';
import { WORKFLOW_TYPES } from '../../../specs/messages.ts';
import { RUN_SIGNALS, RUN_TASK_TIMEOUT, type RunInput, type RunKillMessage } from '../../../specs/run.ts';
import { runAttributesOf } from '../../../specs/search-attributes.ts';
import { aside } from '../aside.ts';
import type { NodeMessage, NodeRun, RunHost, Stop } from '../host.ts';
import { noAnswer, withdrawn } from './job.ts';

export interface ChildStart {
  readonly attempt: number;
  /** Set once it was asked for: it may be under way. */
  readonly workflowId?: string;
  readonly stop?: Stop;
}

const STATUS = { SUCCEED: 'SUCCEED', FAILED: 'FAILED', KILLED: 'KILLED' } as const;

export class ChildNode implements NodeRun {
  readonly #host: RunHost;
  readonly #node: number;
  readonly #attempt: number;
  #workflowId: string | undefined;
  #started = false;
  #stop: Stop | undefined;
  #stopsTold = 0;
  #done = false;

  constructor(host: RunHost, node: number, start: ChildStart) {
    this.#host = host;
    this.#node = node;
    this.#attempt = start.attempt;
    this.#workflowId = start.workflowId;
    this.#started = start.workflowId !== undefined;
    this.#stop = start.stop;
  }

  /** The workflow that may be under way. */
  get workflowId(): string | undefined {
    return this.#done || !this.#started ? undefined : this.#workflowId;
  }

  start(): void {
    if (!this.#started) aside(() => this.#begin());
    else if (this.#stop) this.#tellStop(this.#stop);
  }

  stop(stop: Stop): void {
    this.#stop = stop;
    if (this.#started) this.#tellStop(stop);
  }

  told(message: NodeMessage): void {
    if (message.type !== 'childEnded' || message.attempt !== this.#attempt) return;
    this.end(message.outcome, message.reason);
  }

  /** It has ended so; `missing`: there is no such workflow any more. */
  end(outcome: RunOutcome | 'missing', reason?: string): void {
    if (this.#done) return;
    this.#done = true;
    const attempt = this.#attempt;
    if (outcome === 'missing') {
      this.#host.ended(this.#node, { status: 'FAILED', code: 'HISTORY_LOST', reason: `its run ${this.#workflowId} is gone`, attempt });
      return;
    }
    const code = outcome === 'KILLED' ? ({ code: 'KILLED' } as const) : {};
    const why = reason ?? (outcome === 'SUCCEED' ? undefined : `its run is ${outcome}`);
    this.#host.ended(this.#node, { status: STATUS[outcome], ...code, ...(why !== undefined && { reason: why }), attempt });
  }

  *jobs(): Iterable<never> {}

  job(): undefined {
    return undefined;
  }

  carried(): Json {
    const carried: ChildStart = {
      attempt: this.#attempt,
      ...(this.#started && this.#workflowId !== undefined && { workflowId: this.#workflowId }),
      ...(this.#stop && { stop: this.#stop }),
    };
    return carried as unknown as Json;
  }

  async #begin(): Promise<void> {
    const { name } = this.#host.node(this.#node);
    const stopped = (): boolean => this.#stop !== undefined;
    const { held, steps } = this.#host.surroundings;
    if (held()) await condition(() => !held() || stopped() || this.#host.leaving());
    const answer = await this.#host.ask({ ask: 'dag', node: name, attempt: this.#attempt }, () => stopped() || this.#host.leaving());
    if (this.#stop) return this.#endWith(withdrawn(this.#stop));
    if (answer === undefined) return;
    if ('failed' in answer) return this.#endWith({ status: 'FAILED', ...answer.failed });
    if (!('child' in answer)) return this.#endWith(noAnswer(answer));
    this.#workflowId = answer.workflowId;
    steps.underWay += 1;
    await startRun(answer.workflowId, answer.child);
    steps.underWay -= 1;
    this.#started = true;
    this.#host.changed(this.#node, { childRun: answer.child.runId });
    if (this.#stop) this.#tellStop(this.#stop);
  }

  #endWith(end: Parameters<RunHost['ended']>[1]): void {
    this.#done = true;
    this.#host.ended(this.#node, { ...end, attempt: this.#attempt });
  }

  #tellStop({ how, by, reason }: Stop): void {
    const { steps } = this.#host.surroundings;
    const id = `${this.#workflowId}/stop/${++this.#stopsTold}/${how}`;
    const message: RunKillMessage = { id, how, by, ...(reason !== undefined && { reason }) };
    steps.underWay += 1;
    aside(async () => {
      await getExternalWorkflowHandle(this.#workflowId!)
        .signal(RUN_SIGNALS.kill, message)
        // It is closed: its end is on its way, or it is gone, which is found out by looking.
        .catch(() => undefined);
      steps.underWay -= 1;
    });
  }
}

/** Starts it once for ever under its id; that it was started before is no failure. */
async function startRun(workflowId: string, child: RunInput): Promise<void> {
  try {
    const handle = await startChild<(input: RunInput) => Promise<unknown>>(WORKFLOW_TYPES.dag, {
      workflowId,
      args: [child],
      workflowTaskTimeout: RUN_TASK_TIMEOUT,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      memo: { runId: child.runId, digest: child.digest },
      staticSummary: `${child.dag}, run ${child.runId}`,
      typedSearchAttributes: new TypedSearchAttributes(
        Object.entries(runAttributesOf(child, 'WAITING')).map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })),
      ),
    });
    // Its end is told by a signal.
    handle.result().catch(() => undefined);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
