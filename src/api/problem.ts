// Every error leaves as problem+json (RFC 9457) from the catalogue; what is not in it is INTERNAL, and its cause stays in the log.
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { ERRORS, LongshoreError, type ErrorCode, type FieldError } from '../specs/errors.ts';
import type { Problem } from '../specs/views.schema.ts';

/** Seconds after which a retryable refusal may be tried again. */
const RETRY_AFTER_S = 1;

/** A name for the kind of problem; docs/errors.md describes each. */
const typeOf = (code: ErrorCode): string => `urn:longshore:error:${code.toLowerCase().replaceAll('_', '-')}`;

/** The last handler: nothing matched the method and the path as they stand. */
export const noSuchRoute: RequestHandler = (req) => {
  throw new LongshoreError('NO_SUCH_ROUTE', `There is no ${req.method} ${req.path.slice(0, 200)}.`);
};

export function problemHandler(logger: Logger): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, _req, res, _next) => {
    const reading = read(error);
    const { code } = reading;
    if (ERRORS[code].status >= 500) logger.error({ err: error, traceId: res.locals['traceId'] }, 'a request failed');
    // A stream that has begun cannot turn into an error: its reader sees the connection break, and comes back.
    if (res.headersSent) res.destroy();
    else send(res, reading);
  };
}

function send(res: Response, { code, detail, errors, advice }: Reading): void {
  const { title, status, retryable, advice: usual } = ERRORS[code];
  if (code === 'UNAUTHENTICATED') res.set('WWW-Authenticate', 'Bearer');
  if (retryable) res.set('Retry-After', String(RETRY_AFTER_S));
  const problem: Problem = {
    type: typeOf(code),
    title,
    status,
    code,
    detail,
    advice: advice ?? usual,
    retryable,
    traceId: String(res.locals['traceId']),
    ...(errors.length > 0 && { errors: [...errors] }),
  };
  res.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

interface Reading {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly advice?: string | undefined;
}

/** Ours by its code; Express's and body-parser's by their status; all else is our fault. */
function read(error: unknown): Reading {
  const { code, message, errors, advice, status, limit } = error as Partial<LongshoreError> & { status?: unknown; limit?: unknown };
  if (typeof code === 'string' && Object.hasOwn(ERRORS, code)) return { code, detail: message ?? ERRORS[code].title, errors: errors ?? [], advice };
  if (status === 413) return { code: 'TOO_LARGE', detail: `The body is larger than ${String(limit)} bytes.`, errors: [] };
  if (typeof status === 'number' && status >= 400 && status < 500)
    return { code: 'INVALID', detail: `The request cannot be read: ${message}.`, errors: [] };
  return { code: 'INTERNAL', detail: 'An unexpected error; its cause is in the log under the traceId.', errors: [] };
}
