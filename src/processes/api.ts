// The API process: HTTP over the use cases. It runs no Temporal worker and may be started as often as wanted.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createApi } from '../api/app.ts';
import { createCore } from '../core/index.ts';
import type { ConfigFlags } from '../config.ts';
import { inOrder, runProcess, type Running } from './process.ts';
import { createRuntime, type Runtime } from './runtime.ts';

/** `longshore api`. */
export async function runApi(flags: ConfigFlags): Promise<number> {
  return await runProcess(flags, async ({ loaded, logger, signal }) => {
    const runtime = await createRuntime({ loaded, logger, workers: false, signal });
    const api = await startApi(runtime, { eagerStart: false });
    logger.info({ url: api.url }, 'API is listening');
    return { failed: api.failed, stop: () => inOrder([() => api.stop(), () => runtime.close()]) };
  });
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean => LOOPBACK.has(host) || host.startsWith('127.');

/** How long requests under way may take after the API has stopped listening. */
const DRAIN_MS = 5_000;

/** Listens and makes the first start's app, cluster and token. Every route asks for a token, whatever the address. */
export async function startApi(runtime: Runtime, options: { eagerStart: boolean }): Promise<Running & { readonly url: string }> {
  const { config, logger } = runtime;
  const { host, port } = config.api;
  if (!isLoopback(host) && !config.api.publicUrl?.startsWith('https:')) {
    logger.warn(`the API listens on ${host} without TLS: tokens travel as plain text. Put a TLS proxy before it and set api.publicUrl.`);
  }
  const core = createCore({ ...runtime, temporal: runtime.temporal.client, eagerStart: options.eagerStart });
  const closing = new AbortController();
  const app = createApi(core, { logger, closing: closing.signal });
  const first = Promise.withResolvers<void>();
  // Who can reach the API can rely on the token: requests wait for the first start, which needs the port.
  const server = createServer((request, response) => void first.promise.then(() => app(request, response)));
  // A big file on a slow line takes longer than Node's limit for a whole request. Headers keep theirs, and a body must move.
  server.requestTimeout = 0;
  server.listen(port, host);
  await once(server, 'listening');
  const url = config.api.publicUrl ?? `http://${hostInUrl(host)}:${(server.address() as AddressInfo).port}`;
  await core.ensureFirstStart({ dataDir: config.data, url });
  first.resolve();
  return { url, failed: failure(server), stop: () => close(server, closing) };
}

const hostInUrl = (host: string): string => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host);

const failure = (server: Server): Promise<never> => new Promise((_, reject) => server.once('error', reject));

async function close(server: Server, closing: AbortController): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  closing.abort();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(late);
}
