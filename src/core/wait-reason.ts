// What a node that waits waits for, in words. Of cycles it is what its wait itself would find missing now.
import { missingCycles } from '../schedules/missing-cycles.ts';
import type { NodeSpec } from '../specs/dag-node.schema.ts';
import type { NodeRow, RunDetail } from '../store/contract.ts';
import type { Deps } from './deps.ts';

/** `look`: whether the cycles are looked up, which takes queries. */
export async function waitReason(
  { store }: Pick<Deps, 'store'>,
  run: RunDetail,
  wait: NonNullable<NodeSpec['wait']>,
  row: NodeRow,
  look: boolean,
): Promise<string> {
  if ('time' in wait) return row.reason ?? 'waits for a time';
  if ('signal' in wait) return `waits for the signal ${wait.signal}`;
  if ('approval' in wait) {
    const { by, message } = wait.approval;
    return `waits for an approval by ${by?.join(' or ') ?? 'anybody who may operate the run'}${message === undefined ? '' : `: ${message}`}`;
  }
  const found = look ? await missingCycles(store, run.input, wait) : undefined;
  if (found === undefined) return `waits for ${wait.node === undefined ? '' : `node ${wait.node} of `}${wait.dag}`;
  return 'failed' in found ? found.failed : `waits for ${found.missing}`;
}
