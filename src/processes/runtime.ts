// What the processes share: configuration, log, Temporal, stores and registries, made once and closed together.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { createAdapterRegistry, loadPlugins as loadAdapters } from '../adapters/registry.ts';
import { admissionRules } from '../activities/admission/index.ts';
import { environmentVariable, type LoadedConfig } from '../config.ts';
import { createJobTypeRegistry, loadPlugins as loadJobTypes } from '../jobtypes/registry.ts';
import type { Config } from '../specs/config.schema.ts';
import { hasCode } from '../specs/errors.ts';
import { sizeBytes } from '../specs/units.ts';
import { StartError } from '../start-error.ts';
import type { ArtifactStore } from '../store/artifacts.ts';
import type { Store } from '../store/contract.ts';
import { folderArtifactStore } from '../store/folder-artifacts.ts';
import { folderLogStore } from '../store/folder-logs.ts';
import type { LogStore } from '../store/logs.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import { connectTemporal, temporalSettings, type TemporalLink } from '../temporal/connection.ts';

/** What every process has; all that a worker has. */
export interface WorkerRuntime {
  readonly config: Config;
  readonly logger: Logger;
  readonly temporal: TemporalLink;
  readonly logs: LogStore;
  readonly artifacts: ArtifactStore;
  readonly adapters: ReturnType<typeof createAdapterRegistry>;
  readonly jobTypes: ReturnType<typeof createJobTypeRegistry>;
  /** Reads one variable of this process's environment, for secrets. */
  readonly environment: (name: string) => string | undefined;
  close(): Promise<void>;
}
/** What the API and the scheduler have besides. */
export interface Runtime extends WorkerRuntime {
  readonly store: Store;
}

export interface RuntimeOptions {
  readonly loaded: LoadedConfig;
  readonly logger: Logger;
  /** This process runs Temporal workers: wait for Temporal. Without, the first request connects. */
  readonly workers: boolean;
  /** host:port of the embedded server; wins over the configuration. */
  readonly address?: string;
  readonly signal?: AbortSignal;
}

/** For a worker: everything but the store, which it never touches. */
export async function createWorkerRuntime(options: RuntimeOptions): Promise<WorkerRuntime> {
  const { loaded, logger } = options;
  const { config, baseDir } = loaded;
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const [adapters, jobTypes] = await Promise.all([loadAdapters(config, baseDir), loadJobTypes(config, baseDir)]);
  const settings = temporalSettings(config, options.address);
  const temporal = await connectTemporal(settings, { workers: options.workers, logger, ...(options.signal && { signal: options.signal }) });
  return {
    config,
    logger,
    temporal,
    logs: folderLogStore(config.logs.folder!),
    artifacts: folderArtifactStore(config.artifacts.folder!, { maxBytes: sizeBytes(config.artifacts.limit) }),
    adapters: createAdapterRegistry(adapters),
    jobTypes: createJobTypeRegistry(jobTypes),
    environment: environmentVariable,
    close: async () => await temporal.close(),
  };
}

/** For the API, the scheduler and `up`. */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const runtime = await createWorkerRuntime(options);
  const file = runtime.config.store.sqlite!;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const store = await openSqliteStore({ file, rules: admissionRules }).catch((error: unknown) => {
    // A newer version's, or open on another host: it is theirs, and trying again is no help.
    throw hasCode(error, 'CONFLICT') ? new StartError((error as Error).message) : error;
  });
  return {
    ...runtime,
    store,
    close: async () => {
      await runtime.close();
      await store.close();
    },
  };
}
