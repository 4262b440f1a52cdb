// One line for each request, with the id that its answer carries. Neither headers, nor bodies, nor queries: they may hold secrets.
import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Caller } from '../core/index.ts';

export function requestLog(logger: Logger): RequestHandler {
  return (req, res, next) => {
    const began = performance.now();
    const traceId = randomBytes(16).toString('hex');
    res.locals['traceId'] = traceId;
    res.set('X-Request-Id', traceId);
    res.once('close', () => {
      const caller = res.locals['caller'] as Caller | undefined;
      logger.info(
        {
          traceId,
          method: req.method,
          route: res.locals['route'] as string | undefined,
          path: req.path.slice(0, 300),
          status: res.statusCode,
          ms: Math.round(performance.now() - began),
          token: caller?.token.id,
          app: caller?.app,
        },
        'request',
      );
    });
    next();
  };
}
