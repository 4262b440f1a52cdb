// What a question is told of the nodes upstream of the one that it is about.
import type { DagPlan } from '../../specs/dag.ts';
import type { OutcomeCode } from '../../specs/errors.ts';
import type { NodeFacts } from '../../specs/run.ts';
import type { Status } from '../../specs/status.ts';
import { PHASES, type DagState } from './dag.state.ts';

/** Every node upstream of these, by name. `live`: the status of what is under way. */
export function factsOf(
  { nodes }: DagPlan,
  { phases, attempts }: DagState,
  about: Iterable<number>,
  codes: { readonly [name: string]: OutcomeCode },
  live: (node: number) => Status | undefined,
): { readonly [name: string]: NodeFacts } {
  const found = new Set<number>();
  for (const node of about) for (const need of nodes[node]!.needs ?? []) found.add(need);
  // A set is walked also over what is added meanwhile.
  for (const node of found) for (const need of nodes[node]!.needs ?? []) found.add(need);
  return Object.fromEntries(
    [...found].map((node) => {
      const { name } = nodes[node]!;
      const { status, end } = PHASES[phases[node]!];
      const code = end ? codes[name] : undefined;
      return [name, { status: status === 'job' ? (live(node) ?? 'WAITING') : status, attempt: attempts[node]!, ...(code && { code }) }];
    }),
  );
}
