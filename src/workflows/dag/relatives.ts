// A run's relatives: the run whose node it is learns its end, and child runs that are gone without a word are found by looking.
import { condition, getExternalWorkflowHandle, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import { RUN_SIGNALS, type ChildEndedMessage, type RunDuties } from '../../specs/run.ts';
import type { DagRun } from './dag.run.ts';
import { ChildNode } from './nodes/child.ts';

/** How often it is looked for them. */
const LOOK_EVERY_MS = 600_000;

const { closedChildren } = proxyActivities<RunDuties>({ startToCloseTimeout: '1 min', retry: { initialInterval: '1 s', maximumInterval: '1 min' } });

export class Relatives {
  readonly #run: DagRun;
  #told: number;

  /** `told`: the generation whose end the parent knows. */
  constructor(run: DagRun, told = 0) {
    this.#run = run;
    this.#told = told;
  }

  get toldParent(): number {
    return this.#told;
  }

  /** Whether the parent is still to be told how the run has ended. */
  get owesParent(): boolean {
    const { status, generation } = this.#run.state;
    return this.#run.input().parent !== undefined && status === 'FINISH' && this.#told !== generation;
  }

  run(): void {
    void this.#lookForChildren();
    void this.#tellParent();
  }

  /** From a child run. */
  childEnded({ node = '', attempt = 0, outcome, reason }: ChildEndedMessage): void {
    if (outcome === undefined) return;
    const index = this.#run.indexOf(node);
    if (index !== undefined) this.#run.nodeRun(index)?.told?.({ type: 'childEnded', attempt, outcome, ...(reason !== undefined && { reason }) });
  }

  /** Tells each end, once everything is in the store. */
  async #tellParent(): Promise<void> {
    const { parent } = this.#run.input();
    if (!parent) return;
    const { steps } = this.#run.renewal;
    for (;;) {
      await condition(() => this.owesParent && this.#run.journal.written && !this.#run.leaving());
      const { generation, outcome } = this.#run.state;
      const { reason } = this.#run;
      const message: ChildEndedMessage = { node: parent.node, attempt: parent.attempt, outcome: outcome!, ...(reason !== undefined && { reason }) };
      steps.underWay += 1;
      // A parent that is gone needs no telling.
      await getExternalWorkflowHandle(parent.workflowId)
        .signal(RUN_SIGNALS.childEnded, message)
        .catch(() => undefined);
      steps.underWay -= 1;
      this.#told = generation;
    }
  }

  /** At once after a continue-as-new, when a signal may have been missed. */
  async #lookForChildren(): Promise<void> {
    for (let waits = workflowInfo().continuedFromExecutionRunId === undefined; ; waits = true) {
      await condition(() => this.#children().length > 0 && !this.#run.leaving());
      if (waits) await sleep(LOOK_EVERY_MS);
      const children = this.#children();
      if (children.length === 0) continue;
      for (const { workflowId, outcome } of await closedChildren(children.map((child) => child.workflowId!))) {
        children.find((child) => child.workflowId === workflowId)?.end(outcome);
      }
    }
  }

  #children(): ChildNode[] {
    return this.#run.state.live.flatMap((node) => {
      const run = this.#run.nodeRun(node);
      return run instanceof ChildNode && run.workflowId !== undefined ? [run] : [];
    });
  }
}
