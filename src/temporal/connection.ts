// Connections to Temporal: its own settings (temporal.toml, TEMPORAL_*, mTLS, API key) unless the configuration names an address.
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { temporalEnvironment } from '../config.ts';
import type { Config } from '../specs/config.schema.ts';

/** Where and how to reach Temporal. */
export interface TemporalSettings {
  readonly connection: NativeConnectionOptions & { readonly address: string };
  readonly namespace: string;
}

/** One process's connections to Temporal; both reconnect for ever. */
export interface TemporalLink {
  readonly address: string;
  readonly namespace: string;
  /** For all requests. In a process that runs workers it shares their connection, so that workflows start eagerly. */
  readonly client: Client;
  /** A plain gRPC connection that takes deadlines: the gate before a start, async completion. */
  readonly connection: Connection;
  /** For workers; only where they were asked for. */
  readonly native: NativeConnection | undefined;
  close(): Promise<void>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** The embedded server's address, else the configuration, else Temporal's own settings. */
export function temporalSettings(config: Config, embedded?: string, env?: Record<string, string>): TemporalSettings {
  if (embedded !== undefined) return { connection: { address: embedded }, namespace: 'default' };
  const own = loadClientConnectConfig({ overrideEnvVars: temporalEnvironment(env) });
  const address = config.temporal.address ?? own.connectionOptions.address ?? '127.0.0.1:7233';
  return {
    connection: { ...own.connectionOptions, address },
    namespace: config.temporal.namespace ?? own.namespace ?? 'default',
  };
}

/** Connects. With `workers` it waits, for ever and saying so, until Temporal answers; else the first request connects. */
export async function connectTemporal(
  settings: TemporalSettings,
  options: { workers: boolean; logger: Logger; signal?: AbortSignal },
): Promise<TemporalLink> {
  const { namespace } = settings;
  const { address } = settings.connection;
  const connection = Connection.lazy(plainOptions(settings.connection));
  const native = options.workers ? await connectNative(settings, options) : undefined;
  return {
    address,
    namespace,
    connection,
    native,
    client: new Client({ connection: native ?? connection, namespace }),
    close: async () => {
      await native?.close();
      await connection.close();
    },
  };
}

async function connectNative(settings: TemporalSettings, options: { logger: Logger; signal?: AbortSignal }): Promise<NativeConnection> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    options.signal?.throwIfAborted();
    try {
      return await NativeConnection.connect(settings.connection);
    } catch (error) {
      options.logger.warn({ err: error }, `Temporal cannot be reached at ${settings.connection.address}; trying again in ${wait / 1_000} s`);
      await delay(wait, undefined, { ...(options.signal && { signal: options.signal }) });
    }
  }
}

/** The options that both kinds of connection take. */
function plainOptions({ address, tls, apiKey, metadata }: TemporalSettings['connection']) {
  return { address, ...(tls !== undefined && { tls }), ...(apiKey !== undefined && { apiKey }), ...(metadata !== undefined && { metadata }) };
}
