// Every failure of a call is one ClientError, made from problem+json or from what the connection said.
import { ERRORS, type ErrorCode, type FieldError } from '../specs/errors.ts';

/** UNREACHABLE: no answer. BAD_ANSWER: the answer is not Longshore's (another server or a proxy). */
export type ClientErrorCode = ErrorCode | 'UNREACHABLE' | 'BAD_ANSWER';

interface Fields {
  readonly code: ClientErrorCode;
  readonly detail: string;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** Exit code of the CLI, from the catalogue. */
  readonly exitCode: number;
  readonly retryable: boolean;
  readonly advice: string;
  readonly errors?: readonly FieldError[];
  readonly traceId?: string;
}

/** Thrown by every call that does not succeed. Match on `code`. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  readonly detail: string;
  readonly status: number;
  readonly exitCode: number;
  readonly retryable: boolean;
  readonly advice: string;
  readonly errors: readonly FieldError[];
  readonly traceId: string | undefined;

  constructor(fields: Fields, cause?: unknown) {
    super(fields.detail, cause === undefined ? undefined : { cause });
    this.code = fields.code;
    this.detail = fields.detail;
    this.status = fields.status;
    this.exitCode = fields.exitCode;
    this.retryable = fields.retryable;
    this.advice = fields.advice;
    this.errors = fields.errors ?? [];
    this.traceId = fields.traceId;
  }
}

/** No answer came; `what` may have taken effect all the same when it was sent. */
export function unreachable(url: string, cause: unknown): ClientError {
  return new ClientError(
    {
      code: 'UNREACHABLE',
      detail: `No answer from ${url}: ${reasonOf(cause)}.`,
      status: 0,
      exitCode: 5,
      retryable: true,
      advice: 'Start Longshore with `longshore up`, or name another address by --url, LONGSHORE_URL or a profile.',
    },
    cause,
  );
}

/** The error that a non-2xx answer stands for. */
export async function fromResponse(response: Response): Promise<ClientError> {
  const text = await response.text().catch(() => '');
  const problem = parse(text);
  const code = typeof problem['code'] === 'string' && Object.hasOwn(ERRORS, problem['code']) ? (problem['code'] as ErrorCode) : undefined;
  if (code === undefined) return badAnswer(response, text);
  const row = ERRORS[code];
  return new ClientError({
    code,
    detail: typeof problem['detail'] === 'string' ? problem['detail'] : row.title,
    status: response.status,
    exitCode: row.exitCode,
    retryable: row.retryable,
    advice: typeof problem['advice'] === 'string' ? problem['advice'] : row.advice,
    errors: Array.isArray(problem['errors']) ? (problem['errors'] as FieldError[]) : [],
    ...(typeof problem['traceId'] === 'string' && { traceId: problem['traceId'] }),
  });
}

/** The JSON of an answer; undefined for 204. */
export async function jsonOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw badAnswer(response, text);
  }
}

/** An answer that Longshore would not give. A 502 to 504 of a proxy in between may go away. */
function badAnswer(response: Response, text: string): ClientError {
  return new ClientError({
    code: 'BAD_ANSWER',
    detail: `${response.url} answered ${response.status} with something that is not Longshore's: ${text.slice(0, 200).trim() || 'nothing'}`,
    status: response.status,
    exitCode: 5,
    retryable: response.status >= 502 && response.status <= 504,
    advice: 'Check that the address is that of a Longshore API and that no proxy stands between.',
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  if (inner instanceof AggregateError && inner.errors[0] instanceof Error) return inner.errors[0].message;
  return inner instanceof Error ? inner.message : String(inner);
}
