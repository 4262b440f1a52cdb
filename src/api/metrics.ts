// Prometheus metrics: of this process, of its requests, and of jobs, queues and workers as the store has them at the scrape.
import type { RequestHandler } from 'express';
import { Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Caller, Core } from '../core/index.ts';

export interface Metrics {
  /** Times every request by its route. */
  readonly observe: RequestHandler;
  /** The page; callers that are not admins see their own app's numbers. */
  page(core: Core, caller: Caller): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  const durations = new Histogram({
    name: 'longshore_http_request_duration_seconds',
    help: 'Duration of requests by route; streams are left out',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [own],
  });

  return {
    contentType: own.contentType,
    observe: (_req, res, next) => {
      const end = durations.startTimer();
      res.once('finish', () => {
        const streamed = String(res.get('content-type')).startsWith('text/event-stream');
        if (!streamed) end({ route: String(res.locals['route'] ?? 'none'), status: res.statusCode });
      });
      next();
    },
    async page(core, caller) {
      return await Registry.merge([own, await business(core, caller)]).metrics();
    },
  };
}

/** A registry of its own for each scrape: what is gone from the store is gone from the page. */
async function business(core: Core, caller: Caller): Promise<Registry> {
  const register = new Registry();
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `longshore_${name}`, help, labelNames, registers: [register] });
  const [counts, queues, workers, letters] = await Promise.all([
    core.counts(caller),
    core.queues(caller),
    core.workers(caller),
    core.deadLetters(caller, { limit: 1_000 }),
  ]);
  const jobs = gauge('jobs', 'Jobs by status', ['app', 'cluster', 'status']);
  for (const { app, cluster, status, count } of counts) jobs.set({ app, cluster, status }, count);
  const running = gauge('queue_running', 'Jobs that count against a queue', ['cluster', 'queue']);
  const waiting = gauge('queue_waiting', 'Jobs that wait in a queue', ['cluster', 'queue']);
  for (const { cluster, queue, ...usage } of queues.items) {
    running.set({ cluster, queue }, usage.running);
    waiting.set({ cluster, queue }, usage.waiting);
  }
  gauge('workers_online', 'Workers that were heard of lately', []).set(workers.items.filter((worker) => worker.online).length);
  gauge('dead_letters', 'Webhook deliveries that were given up, at most 1000 counted', []).set(letters.items.length);
  return register;
}
