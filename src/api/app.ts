// The Express application: headers, log and metrics around the route table, problem+json behind it.
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Core } from '../core/index.ts';
import { bodyWatch } from './body-watch.ts';
import { createMetrics } from './metrics.ts';
import { noSuchRoute, problemHandler } from './problem.ts';
import { requestLog } from './request-log.ts';
import { createRouter } from './route.ts';
import { createHandlers } from './routes/index.ts';
import { createStreams } from './streams.ts';

export interface ApiOptions {
  readonly logger: Logger;
  /** Aborted when the process shuts down: open streams end, so that the server can close. */
  readonly closing?: AbortSignal;
  /** How often a quiet stream says that it lives. Default 15 s. */
  readonly heartbeatMs?: number;
  /** How long a body that is being sent may stand still. Default 60 s. */
  readonly bodyIdleMs?: number;
}

/** The API of `core`; `listen` is the process's business. */
export function createApi(core: Core, options: ApiOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const metrics = createMetrics();
  app.use(requestLog(options.logger), metrics.observe, bodyWatch(options.bodyIdleMs), headers);
  const router = createRouter(core, createHandlers({ metrics, streams: createStreams(options) }));
  // Inside the router, or Express would answer OPTIONS by itself.
  router.use(noSuchRoute);
  app.use(router);
  app.use(problemHandler(options.logger));
  return app;
}

/** Answers are data: nothing in them may run or be framed. The documentation page loosens the policy for itself. */
const headers = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"], 'base-uri': ["'none'"] } },
  crossOriginResourcePolicy: { policy: 'same-origin' },
});
