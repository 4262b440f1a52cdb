// What Temporal's search shows of a job.
import { upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributes } from '../../specs/search-attributes.ts';

/** Shows these values; those of other names stay. */
export function showAttributes(values: SearchAttributes): void {
  upsertSearchAttributes(Object.entries(values).map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })));
}
