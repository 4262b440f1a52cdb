// The end of spark-submit's log, and what in it is the reason of a failure.
import { readPiece } from '../../../jobtypes/payload-files.ts';

const BYTES = 16 * 1024;

/** The last 16 KB of a file; empty when there is none. */
export async function lastPart(path: string): Promise<string> {
  const piece = await readPiece(path, -BYTES, BYTES);
  return typeof piece === 'object' ? piece.bytes.toString('utf8') : '';
}

/** The exception that ended it, else the last line that says anything. */
export function reasonIn(log: string): string {
  const lines = log.split('\n').map((line) => line.trim());
  const thrown = lines.findLast((line) => /^(?:Exception in thread "[^"]*" |Caused by: |Error: )?[\w.$]*(?:Exception|Error): /.test(line));
  return (thrown ?? lines.findLast((line) => line !== '') ?? 'it said nothing').replace(/^Exception in thread "[^"]*" /, '').slice(0, 1_000);
}

/** Whether the cluster or Spark said no to this very job, so that another try would be told the same. */
export const isRefusal = (reason: string): boolean =>
  /IllegalArgumentException|Failed to submit application|InvalidResourceRequest|AccessControlException|FileNotFoundException|unknown queue/.test(
    reason,
  );
