// What is wrong in a document, in the words that the API uses, too.
import type { z } from 'zod';
import { KINDS, documentSchema } from '../specs/documents.schema.ts';
import { explain, shorten, type Mistake } from '../specs/explain.ts';
import { didYouMean } from '../specs/near.ts';

export interface Complaint {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** One complaint for each mistake of a document that its schema has refused. */
export const complaints = (issues: readonly z.core.$ZodIssue[], document: unknown): Complaint[] =>
  mistakes(issues, document).map(({ path, message, value }) => ({
    path: path as Complaint['path'],
    message: `${message}${value === undefined ? '' : ` (is ${shorten(value)})`}`,
  }));

/** Without a kind that exists nothing can be said about the rest. */
function mistakes(issues: readonly z.core.$ZodIssue[], document: unknown): Mistake[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return [{ path: [], message: 'must be a map with kind, name and more', value: document }];
  }
  const { kind } = document as { kind?: unknown };
  const schema = documentSchema.options.find((option) => option.shape.kind.value === kind);
  if (schema !== undefined) return explain(issues, schema, document);
  return [{ path: ['kind'], message: `must be one of ${KINDS.join(', ')}${didYouMean(String(kind), KINDS)}`, value: kind }];
}
