// A real API over a real store, on a real Temporal server; with `jobs` a scheduler and a worker run beside it.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createApi } from '../../src/api/app.ts';
import { loadConfig } from '../../src/config.ts';
import { createCore, type Core } from '../../src/core/index.ts';
import { hashOf } from '../../src/core/tokens.ts';
import { createRuntime, type Runtime } from '../../src/processes/runtime.ts';
import { startScheduler } from '../../src/processes/scheduler.ts';
import { startWorker } from '../../src/processes/worker.ts';
import { ROUTES, type RouteName, type Route } from '../../src/specs/routes.schema.ts';
import type { Problem } from '../../src/specs/views.schema.ts';
import type { Role } from '../../src/store/contract.ts';
import { devServer, quietTemporal, type DevServer } from '../helpers/temporal.ts';

export interface Ask {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests look into answers freely; what they rely on they assert.
  readonly json: { readonly [key: string]: unknown } & Partial<Problem>;
}

export interface TestApi {
  readonly url: string;
  readonly core: Core;
  readonly runtime: Runtime;
  readonly server: DevServer;
  readonly dataDir: string;
  /** A fresh token. */
  token(app: string, role: Role): Promise<string>;
  /** Makes an app that may use everything there is. */
  app(name: string): Promise<void>;
  ask(route: RouteName, ask?: Ask): Promise<Answer>;
  fetch(method: string, path: string, ask?: Ask): Promise<Answer>;
  stop(): Promise<void>;
}

/** Everything that a fresh installation has. */
export const GRANTS = { clusters: ['local'], workers: ['default'], queues: ['default'], users: [userInfo().username], secrets: [] };

/** The path of a route with its parameters filled in. */
export function pathOf(route: Route, params: Readonly<Record<string, string>> = {}): string {
  return route.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? `no-${key}`));
}

export async function startTestApi(options: { jobs?: boolean; heartbeatMs?: number; env?: Record<string, string> } = {}): Promise<TestApi> {
  quietTemporal();
  const server = await devServer();
  const dataDir = await mkdtemp(join(tmpdir(), 'longshore-api-'));
  const loaded = loadConfig(
    { data: dataDir },
    {
      LONGSHORE_WORKER_ALLOW: '{apps: "*", clusters: "*", users: "*"}',
      LONGSHORE_TIMINGS_SWEEP_EVERY: '1s',
      LONGSHORE_TEMPORAL_ADDRESS: server.address,
      ...options.env,
    },
  );
  const logger = pino({ level: 'fatal' });
  const runtime = await createRuntime({ loaded, logger, workers: options.jobs ?? false });
  const { store } = runtime;
  const core = createCore({ ...runtime, temporal: runtime.temporal.client });
  const closing = new AbortController();
  const http = createServer(
    createApi(core, { logger, closing: closing.signal, ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }) }),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  await core.ensureFirstStart({ dataDir, url });
  const scheduler = options.jobs ? await startScheduler(runtime) : undefined;
  const worker = options.jobs ? await startWorker(runtime) : undefined;

  const fetchIt = async (method: string, path: string, ask: Ask = {}): Promise<Answer> => {
    const { token, body, headers, query } = ask;
    const response = await fetch(`${url}${path}${query === undefined ? '' : `?${query}`}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
  };

  return {
    url,
    core,
    runtime,
    server,
    dataDir,
    async token(app, role) {
      const secret = `test-${app}-${role}-${Math.random().toString(36).slice(2)}`;
      await store.access.add({ id: secret, name: role, app, role, createdBy: 'test' }, hashOf(secret));
      return secret;
    },
    async app(name) {
      const spec = { name, tenant: 'default', grants: GRANTS, limits: {} };
      await store.definitions.put({ kind: 'App', app: '', name, digest: name, spec, createdBy: 'test' });
    },
    ask: (name, ask = {}) => {
      const route: Route = ROUTES[name];
      return fetchIt(route.method.toUpperCase(), pathOf(route, ask.params), ask);
    },
    fetch: fetchIt,
    async stop() {
      closing.abort();
      http.close();
      http.closeAllConnections();
      await worker?.stop();
      await scheduler?.stop();
      await runtime.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function jsonOf(text: string): Answer['json'] {
  try {
    return JSON.parse(text) as Answer['json'];
  } catch {
    return {};
  }
}

/** A Job that a shell runs at once. */
export const job = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'hello',
  type: 'shell',
  config: { command: ['echo', 'hello'] },
  ...more,
});
