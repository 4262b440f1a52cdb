// A body may take as long as it moves: a big upload has no other limit of time, and one that stands still is broken off.
import type { RequestHandler } from 'express';

const IDLE_MS = 60_000;

export function bodyWatch(idleMs: number = IDLE_MS): RequestHandler {
  return (req, res, next) => {
    // Node calls this only while the body is not complete.
    req.setTimeout(idleMs, () => void req.destroy());
    // An answer that takes longer is waited for: without a listener Node would close the connection.
    res.on('timeout', () => undefined);
    next();
  };
}
