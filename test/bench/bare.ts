// The peer: a bare Temporal worker and client, on any server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { untilServing } from '../../src/temporal/service.ts';
import { quietTemporal, temporalCli } from '../helpers/temporal.ts';
import { freePort } from '../helpers/ports.ts';
import * as bareActivities from './bare.activities.ts';

export const BARE_QUEUE = 'bench.bare';

export interface Bare {
  readonly temporal: Client;
  stop(): Promise<void>;
}

/** Runs the bare worker against the server at host:port; `slots`: most activities that it runs at once, by default as many as the SDK does. */
export async function startBare(address: string, slots?: number): Promise<Bare> {
  quietTemporal();
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection: native,
    taskQueue: BARE_QUEUE,
    workflowsPath: fileURLToPath(new URL('./bare.workflow.ts', import.meta.url)),
    activities: bareActivities,
    ...(slots !== undefined && { maxConcurrentActivityTaskExecutions: slots }),
  });
  const running = worker.run();
  return {
    temporal: new Client({ connection }),
    stop: async () => {
      worker.shutdown();
      await running;
      await native.close();
      await connection.close();
    },
  };
}

/** The same on a development server as `temporal server start-dev` starts it, with a database file and none of our settings. */
export async function startStockBare(): Promise<Bare> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'longshore-bench-stock-'));
  const port = await freePort();
  const args = [
    'server',
    'start-dev',
    '--headless',
    '--port',
    String(port),
    '--db-filename',
    path.join(folder, 'temporal.db'),
    '--log-level',
    'never',
  ];
  const server = spawn(await temporalCli(), args, { stdio: 'ignore' });
  const address = `127.0.0.1:${port}`;
  await untilServing(address, { limitMs: 30_000 });
  const bare = await startBare(address);
  return {
    temporal: bare.temporal,
    stop: async () => {
      await bare.stop();
      server.kill('SIGTERM');
      await once(server, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
