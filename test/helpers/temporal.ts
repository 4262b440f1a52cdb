// Real Temporal servers for tests: the development server with a database file, and the time-skipping server.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { temporalCliPath } from '../../src/config.ts';
import { TEMPORAL_TEST_SERVER } from '../../src/temporal/binaries.ts';
import { workflowBundle as bundle } from '../../src/temporal/bundle.ts';
import { freePorts } from '../../src/temporal/ports.ts';
import { provisionCli, provisionPinned } from '../../src/temporal/provision.ts';
import { serverArguments } from '../../src/temporal/server-arguments.ts';
import { untilServing } from '../../src/temporal/service.ts';

/** Where the programs are kept between test runs; may be deleted at any time. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/longshore/bin', import.meta.url));

let installed = false;
/** The SDK's runtime, once for each process, quiet; call it before anything else of the SDK. */
export function quietTemporal(): void {
  if (installed) return;
  installed = true;
  const filter = { core: 'ERROR', other: 'ERROR' } as const;
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging: { filter, forward: {} } } });
}

/** Path of the temporal command line tool; global-setup has provisioned it. */
export async function temporalCli(): Promise<string> {
  return (await provisionCli({ folder: CACHE, given: temporalCliPath() })).path;
}

/** Path of the time-skipping server. */
export async function timeSkippingServer(): Promise<string> {
  return await provisionPinned(TEMPORAL_TEST_SERVER, CACHE);
}

/** Bundle of src/workflows, built once for each content of them. */
export async function workflowBundle(): Promise<{ code: string }> {
  return await bundle();
}

/** A time-skipping environment: one test at a time, no list, no schedules, no reset. Call its teardown(). */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  quietTemporal();
  return await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await timeSkippingServer() } },
  });
}

/** A development server of its own for a test file. */
export interface DevServer {
  /** host:port of the front end. */
  readonly address: string;
  readonly namespace: 'default';
  /** Path of the temporal command line tool, for `temporal workflow signal --address …`. */
  readonly cli: string;
  readonly database: string;
  readonly pid: number;
  /** Ends the process without warning; the database file stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and database after kill(). */
  start(): Promise<void>;
  /** Ends the process and removes what it kept. */
  stop(): Promise<void>;
}

/** Starts `temporal server start-dev` with a database file, our search attributes and a free port; resolves when it serves. */
export async function devServer(): Promise<DevServer> {
  const cli = await temporalCli();
  const folder = await mkdtemp(join(tmpdir(), 'longshore-temporal-'));
  const [port = 0, httpPort = 0, metricsPort = 0] = await freePorts(3);
  const address = `127.0.0.1:${port}`;
  const database = join(folder, 'temporal.db');
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const log = await open(join(folder, 'server.log'), 'a');
    const started = spawn(cli, serverArguments({ database, port, httpPort, metricsPort }), { stdio: ['ignore', log.fd, log.fd] });
    child = started;
    await log.close();
    const failed = () => (started.exitCode === null ? undefined : new Error(`the Temporal server ended with ${started.exitCode}`));
    await untilServing(address, { limitMs: 30_000, failed });
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await start();
  return {
    address,
    namespace: 'default',
    cli,
    database,
    start,
    kill,
    get pid() {
      return child?.pid ?? 0;
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
