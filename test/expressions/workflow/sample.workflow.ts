// A workflow that does nothing but compute expressions, as a run of a DAG will: what it needs must be in the bundle, and replay.
import { sleep } from '@temporalio/workflow';
import { evaluateExpression } from '../../../src/expressions/evaluate.ts';
import { fillTemplates } from '../../../src/expressions/fill.ts';
import type { Place } from '../../../src/expressions/contexts.ts';
import type { Declarations, Json, Values } from '../../../src/expressions/types.ts';

export interface Sample {
  readonly texts: readonly string[];
  readonly spec: Json;
  readonly places: readonly Place[];
  readonly declarations: Declarations;
  readonly values: Values;
}

export async function sample({ texts, spec, places, declarations, values }: Sample): Promise<unknown> {
  const before = texts.map((text) => evaluateExpression(text, declarations, values));
  await sleep(1);
  return { before, filled: fillTemplates(spec, places, declarations, values) };
}
