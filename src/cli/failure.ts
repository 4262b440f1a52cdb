// How the CLI fails: one line of what, one of what to do, and the exit code of the error catalogue.
import type { FieldError } from '../specs/errors.ts';
import { plain } from './text.ts';

/** Exit codes beside the catalogue's: the job's own failure, a wait that ran out, an interrupt. */
export const EXIT = { ok: 0, jobFailed: 1, usage: 2, notFound: 3, refused: 4, unreachable: 5, waitTimeout: 124, interrupted: 130 } as const;

/** A failure that the CLI itself finds: wrong usage, an unreadable file, a document that is not valid. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly advice: string | undefined;
  constructor(message: string, options: { exitCode?: number; advice?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? EXIT.usage;
    this.advice = options.advice;
  }
}

interface Failure {
  readonly message: string;
  readonly exitCode: number;
  readonly advice?: string;
  readonly errors?: readonly FieldError[];
  readonly traceId?: string;
}

/** Says on stderr what went wrong and what to do, and returns the exit code. A defect of ours shows its stack. */
export function reportFailure(error: unknown): number {
  if (!isFailure(error)) {
    process.stderr.write(`longshore: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    // 1 would say that a job failed.
    return EXIT.unreachable;
  }
  const lines = [`longshore: ${error.message}`];
  for (const { path, message, value } of error.errors ?? []) lines.push(`  ${path}: ${message}${value === undefined ? '' : ` (is ${value})`}`);
  if (error.advice !== undefined) lines.push(`  ${error.advice}`);
  if (error.traceId !== undefined && error.exitCode === EXIT.unreachable) lines.push(`  traceId ${error.traceId}`);
  process.stderr.write(`${lines.map(plain).join('\n')}\n`);
  return error.exitCode;
}

function isFailure(error: unknown): error is Failure {
  return error instanceof Error && typeof (error as { exitCode?: unknown }).exitCode === 'number';
}
