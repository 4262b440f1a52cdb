// A request's body as a stream that may be abandoned: the rest is read and dropped, so that the sender gets its answer.
import { PassThrough, type Readable } from 'node:stream';
import type { Request } from 'express';
import { LongshoreError } from '../specs/errors.ts';

/** Fails when the sender goes away before the end. */
export function uploadOf(req: Request): Readable {
  const body = new PassThrough();
  req.once('close', () => {
    if (!req.complete) body.destroy(new LongshoreError('INVALID', 'The upload broke off.'));
  });
  body.once('close', () => {
    req.unpipe(body);
    req.resume();
  });
  return req.pipe(body);
}
