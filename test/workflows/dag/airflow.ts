// Airflow's trigger rules as needs: the rows of docs/dags.md, and what the test holds against Airflow's own rules.
import type { Need } from '../../../src/specs/dag-node.schema.ts';

export interface Mapping {
  /** What is asked of each upstream task; undefined: it needs none of them. */
  readonly need: Need | undefined;
  readonly any?: true;
  /** Asked once its needs let it run: at least one upstream task succeeded. */
  readonly oneSuccess?: true;
}

/** By trigger rule. */
export const AIRFLOW: Readonly<Record<string, Mapping>> = {
  all_success: { need: {} },
  all_failed: { need: { on: 'failure' } },
  all_done: { need: { on: 'done' } },
  all_skipped: { need: { on: 'skipped' } },
  one_success: { need: {}, any: true },
  one_failed: { need: { on: 'failure' }, any: true },
  one_done: { need: { on: ['success', 'failure'] }, any: true },
  none_failed: { need: { on: ['success', 'skipped'] } },
  none_skipped: { need: { on: ['success', 'failure'] } },
  none_failed_min_one_success: { need: { on: ['success', 'skipped'] }, oneSuccess: true },
  all_done_min_one_success: { need: { on: 'done' }, oneSuccess: true },
  always: { need: undefined },
};

/** A mapping as it is written in a DAG, after tasks a and b. */
export function words({ need, any, oneSuccess }: Mapping): string {
  if (need === undefined) return 'no `needs`: it does not wait for them';
  const on = typeof need.on === 'object' ? `[${need.on.join(', ')}]` : need.on;
  const needs = on === undefined ? '[a, b]' : `{ a: { on: ${on} }, b: { on: ${on} } }`;
  const when = oneSuccess ? ', `when: \'nodes.a.status == "SUCCEED" \\|\\| nodes.b.status == "SUCCEED"\'`' : '';
  return `\`needs: ${needs}\`${any ? ', `join: any`' : ''}${when}`;
}
