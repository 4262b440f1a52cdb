// All of it on one machine: an embedded Temporal server, and API, scheduler and worker in this process.
import { chmod, mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { temporalCliPath, type ConfigFlags, type LoadedConfig } from '../config.ts';
import { StartError } from '../start-error.ts';
import { renewServer } from '../temporal/renew.ts';
import { startEmbeddedServer, type EmbeddedOptions, type EmbeddedServer } from '../temporal/server.ts';
import { keepHistories } from '../temporal/service.ts';
import { isLoopback, startApi } from './api.ts';
import { lockDataFolder } from './lock.ts';
import { inOrder, runProcess, type ProcessContext, type Running } from './process.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import { startScheduler } from './scheduler.ts';
import { startWorker } from './worker.ts';

export interface UpFlags extends ConfigFlags {
  /** Replace the embedded server's database by one of another Temporal version; refused until every job has ended. */
  readonly renewTemporal?: boolean | undefined;
}

/** How long the embedded server keeps closed histories. */
const RETENTION_DAYS = 30;

const ONLINE_LIMIT_MS = 10_000;

/** `longshore up`. */
export async function runUp(flags: UpFlags): Promise<number> {
  return await runProcess(flags, async (context) => {
    const loaded = forOneMachine(context.loaded);
    const { data } = loaded.config;
    await mkdir(data, { recursive: true });
    await chmod(data, 0o700);
    const closing: (() => unknown)[] = [];
    try {
      closing.unshift(lockDataFolder(data, 'up'));
      // It runs a worker, too: `longshore worker` on the same folder would take the same jobs under the same id.
      closing.unshift(lockDataFolder(data, 'worker'));
      const embedded = embeddedOptions(loaded, context);
      if (flags.renewTemporal === true) await renewServer(embedded);
      const server = await startEmbeddedServer(embedded);
      closing.unshift(() => server.stop());
      return await startAll({ ...context, loaded }, server, closing);
    } catch (error) {
      await inOrder(closing).catch((cause: unknown) => context.logger.error({ err: cause }, 'not everything could be closed'));
      throw error;
    }
  });
}

/** `closing` holds what must be closed, last started first. */
async function startAll(context: ProcessContext, server: EmbeddedServer, closing: (() => unknown)[]): Promise<Running> {
  const runtime = await createRuntime({ ...context, workers: true, address: server.address });
  closing.unshift(() => runtime.close());
  await keepHistories(runtime.temporal.connection, runtime.temporal.namespace, RETENTION_DAYS);
  const scheduler = await startScheduler(runtime);
  closing.unshift(() => scheduler.stop());
  const worker = await startWorker(runtime);
  closing.unshift(() => worker.stop());
  const api = await startApi(runtime, { eagerStart: true });
  closing.unshift(() => api.stop());
  await online(runtime, worker.workerId);
  say(welcome(api.url, server, runtime.config.data));
  return {
    failed: Promise.race([scheduler.failed, worker.failed, api.failed]),
    stop: async () => {
      const farewell = await goodbye(runtime).catch(() => '');
      await inOrder(closing);
      say(farewell);
    },
  };
}

/** Waits until the worker has announced itself, so that the first job does not wait for it. After the limit it comes by itself. */
async function online({ store }: Runtime, workerId: string): Promise<void> {
  const since = Date.now();
  while (Date.now() < since + ONLINE_LIMIT_MS) {
    const worker = (await store.workers.list()).find((row) => row.workerId === workerId);
    if (worker !== undefined && !worker.offline && Date.parse(worker.seenAt) >= since) return;
    await delay(50);
  }
}

/** One machine, one trust domain: the worker runs everything, so nobody else may reach the API. */
function forOneMachine(loaded: LoadedConfig): LoadedConfig {
  const { config } = loaded;
  if (!isLoopback(config.api.host)) {
    throw new StartError(
      `\`longshore up\` is for one machine and listens on loopback only, not on ${config.api.host}. Use \`longshore api\`, \`scheduler\` and \`worker\`.`,
    );
  }
  const allow = config.worker.allow ?? { apps: '*', clusters: '*', users: '*' };
  return { ...loaded, config: { ...config, worker: { ...config.worker, allow } } };
}

function embeddedOptions({ config }: LoadedConfig, { logger }: ProcessContext): EmbeddedOptions {
  return { data: config.data, given: temporalCliPath(), port: config.temporal.port, uiPort: config.temporal.uiPort, logger };
}

function welcome(url: string, server: EmbeddedServer, data: string): string {
  return `Longshore is up.
  API          ${url}
  API page     ${url}/docs
  Temporal     ${server.address}
  Temporal UI  ${server.uiUrl}
  Data folder  ${data}
In another terminal:
  longshore run examples/hello.yaml
Ctrl-C drains and ends; running local jobs go on without it.
`;
}

/** What goes on without us, and how to come back to it. */
async function goodbye({ store, config }: Runtime): Promise<string> {
  const jobs = await store.executions.jobs({ status: ['STARTING', 'RUNNING'] }, { limit: 20 });
  if (jobs.length === 0) return 'Longshore has ended.\n';
  const names = jobs.map((job) => `  ${job.jobId}  ${job.name}  (${job.app}, ${job.cluster})`).join('\n');
  return `Longshore has ended. These jobs go on without it:\n${names}\nCome back to them with: longshore up --data ${config.data}\n`;
}

const say = (text: string): void => void process.stdout.write(text);
