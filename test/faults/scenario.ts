// What a scenario is: one hazard, the rows of the fault matrix that it covers, and how it is played.
import type { Guard } from '../../src/crash-points.ts';
import type { Limits } from './checker/evidence.ts';
import type { StackOptions } from './harness/stack.ts';
import type { World } from './harness/world.ts';
import type { YarnOptions } from '../clusters/yarn/cluster.ts';

export interface Scenario {
  /** In a sentence: what goes wrong, and what must be true all the same. */
  readonly hazard: string;
  /** Rows of the fault matrix (docs/reliability.md). */
  readonly rows: readonly string[];
  /** Guards without which this scenario must fail. */
  readonly guards: readonly Guard[];
  /** Guards that would do the work of the missing one: they are taken out as well, and without them alone the scenario must still pass. */
  readonly backups?: readonly Guard[];
  /** Part of the quick run. */
  readonly quick: boolean;
  /** Takes too long for every run: played by name, or with --long. */
  readonly long?: boolean;
  readonly stack?: StackOptions;
  readonly limits?: Partial<Limits>;
  /** Of a scenario on YARN: what its cluster must be like. Neighbours that want the same share one. */
  readonly yarn?: YarnOptions;
  /** Why it cannot be played here; undefined: it can. */
  impossible?(): string | undefined;
  /** Before the stack starts in this folder; returns what undoes it. */
  prepare?(folder: string): Promise<() => Promise<void>>;
  /** Does the harm, with jobs in flight. Healing, waiting and judging follow. Throws when something specific to it is not as it must be. */
  play(world: World): Promise<void>;
}
