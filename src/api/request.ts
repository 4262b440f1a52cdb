// What several handlers read from a request beyond what its route parses.
import type { Request } from 'express';
import { requestId as requestIdSchema } from '../specs/routes.schema.ts';
import { fieldError, invalid, parse } from '../specs/validate.ts';

/** The header Idempotency-Key is the request id where the body has none. */
export function requestIdOf(req: Request, inBody: string | undefined): string | undefined {
  const header = req.get('idempotency-key');
  if (header === undefined) return inBody;
  const key = parse(requestIdSchema, header, ['Idempotency-Key']);
  if (inBody !== undefined && inBody !== key)
    throw invalid([fieldError(['requestId'], 'must be equal to the header Idempotency-Key, or left out', inBody)]);
  return key;
}

/** Without what the query left out, as the filter's type wants it. */
export function defined<T extends object>(query: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
