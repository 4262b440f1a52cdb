// The one catalogue of errors: problem+json, CLI exit codes, ApplicationFailure types and docs/errors.md all come from it.
import type { Blame } from './status.ts';

/** One row: title, HTTP status, CLI exit code (0 ok, 1 job failed, 2 usage, 3 not found, 4 refused, 5 unreachable), whether the same call may succeed later, what to do. */
export interface ErrorRow {
  readonly title: string;
  readonly status: number;
  readonly exitCode: number;
  readonly retryable: boolean;
  readonly advice: string;
}

const row = (status: number, exitCode: number, retryable: boolean, title: string, advice: string): ErrorRow => ({
  title,
  status,
  exitCode,
  retryable,
  advice,
});

/** Errors of requests. Codes are stable: clients may match on them. */
export const ERRORS = {
  INVALID: row(400, 2, false, 'The request is not valid', 'Correct the fields named in errors.'),
  TOO_LARGE: row(413, 2, false, 'The request is too large', 'Send a smaller body; put big files in an artifact and name it as ./file.'),
  UNAUTHENTICATED: row(401, 4, false, 'No valid token', 'Give a token by --token, LONGSHORE_TOKEN or the Authorization header.'),
  FORBIDDEN: row(403, 4, false, 'Not allowed', 'Ask an administrator for the role or the grant named in detail.'),
  NOT_FOUND: row(404, 3, false, 'No such thing', 'Check the name; what belongs to another app is not shown.'),
  NO_SUCH_ROUTE: row(404, 2, false, 'No such route', 'See /openapi.json for the routes.'),
  CONFLICT: row(409, 4, false, 'It is in another state', 'Read it again and decide anew.'),
  REQUEST_ID_CONFLICT: row(409, 4, false, 'This request id already made another job', 'Use a new requestId, or send the same spec.'),
  VERSION_CONFLICT: row(412, 4, false, 'It has changed since you read it', 'Read the newest version and apply your change to it.'),
  UNKNOWN_TYPE: row(400, 2, false, 'Unknown type', 'Use one of the registered types named in detail.'),
  PAIR_UNSUPPORTED: row(400, 2, false, 'This job type does not run on this type of cluster', 'Use one of the pairs named in detail.'),
  CONF_FORBIDDEN: row(400, 2, false, 'The cluster forbids this setting', 'Use the parameter named in detail in its place.'),
  QUOTA_EXCEEDED: row(429, 4, true, 'Over a limit', 'Wait, or ask for a higher limit.'),
  STORE_UNAVAILABLE: row(503, 5, true, 'The store cannot be reached', 'Send the same request again later; nothing was lost.'),
  TEMPORAL_UNAVAILABLE: row(503, 5, true, 'Temporal cannot be reached', 'Send the same request again later; nothing was lost.'),
  TEMPORAL_REFUSED: row(502, 5, false, 'Temporal refuses the call', 'Correct the namespace or the credentials that Longshore uses for Temporal.'),
  LOG_CONFLICT: row(409, 4, true, 'The log already goes on from another offset', 'Read the length and append from there.'),
  DISK_FULL: row(507, 5, true, 'No space left on the device', 'Free space in the data folder, or run longshore prune.'),
  INTERNAL: row(500, 5, true, 'Longshore failed', 'See the log of the process under the traceId; please report it.'),
} as const satisfies Record<string, ErrorRow>;
export type ErrorCode = keyof typeof ERRORS;

/** Codes of ends and of lifecycle steps, with who is to blame. */
export const OUTCOME_CODES = {
  INITIALIZE_FAILED: 'platform',
  PREPARE_FAILED: 'platform',
  START_REFUSED: 'user',
  START_ERROR: 'cluster',
  CLUSTER_UNREACHABLE: 'cluster',
  CHECK_FAILED: 'user',
  SUBMIT_FAILED: 'platform',
  CLEAN_FAILED: 'platform',
  ARTIFACT_MISSING: 'user',
  INTERPRETER_NOT_FOUND: 'user',
  SECRET_NOT_GRANTED: 'user',
  RUN_AS_REFUSED: 'user',
  WORKER_REFUSED: 'platform',
  UNKNOWN_TYPE: 'user',
  DISK_FULL: 'platform',
  OUTPUT_MISSING: 'user',
  OUTPUT_INVALID: 'user',
  EXPRESSION_FAILED: 'user',
  EXIT_CODE: 'user',
  SIGNALED: 'user',
  MEMORY_LIMIT: 'user',
  QUEUE_TIMEOUT: 'timeout',
  START_TIMEOUT: 'timeout',
  RUN_TIMEOUT: 'timeout',
  TOTAL_TIMEOUT: 'timeout',
  LOST: 'cluster',
  WORKER_GONE: 'platform',
  AMBIGUOUS_START: 'cluster',
  HISTORY_LOST: 'platform',
  TERMINATED: 'killed',
  KILLED: 'killed',
  RESOLVED: 'killed',
  LIMIT: 'quota',
  INTERNAL: 'platform',
} as const satisfies Record<string, Blame>;
export type OutcomeCode = keyof typeof OUTCOME_CODES;

/** One wrong place in a request: `path` is a JSON pointer, `value` what was there (shortened), `message` what to write. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
  readonly value?: string;
}

/** Thrown wherever a caller's request is refused. Match on `code`, never on instanceof: it crosses processes as problem+json. */
export class LongshoreError extends Error {
  override readonly name = 'LongshoreError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  /** What to do, where that is not what the code's row says. */
  readonly advice: string | undefined;
  constructor(code: ErrorCode, detail: string, options: { cause?: unknown; errors?: readonly FieldError[]; advice?: string } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.advice = options.advice;
  }
}

/** Thrown by a step of the lifecycle; the end of the attempt carries `code`. `retryable: false` ends the step's own tries at once. */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly code: OutcomeCode;
  readonly retryable: boolean;
  constructor(code: OutcomeCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Whether an unknown thrown value carries this code, whatever its class. */
export const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && (error as { code?: unknown }).code === code;
