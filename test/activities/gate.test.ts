// The gate of a start, asked with the task tokens of real activities on a real server.
import { Client, Connection, AsyncCompletionClient } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGate } from '../../src/activities/gate.ts';
import { firstValue } from '../../src/temporal/payloads.ts';
import { QUEUES } from '../../src/specs/identity.ts';
import { devServer, quietTemporal, workflowBundle, type DevServer } from '../helpers/temporal.ts';

let server: DevServer;
let native: NativeConnection;
let connection: Connection;
let client: Client;
let tokens: AsyncCompletionClient;
let workflows: Worker;
let running: Promise<void>;

beforeAll(async () => {
  quietTemporal();
  server = await devServer();
  native = await NativeConnection.connect({ address: server.address });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
  tokens = new AsyncCompletionClient({ connection });
  workflows = await Worker.create({ connection: native, taskQueue: QUEUES.scheduler, workflowBundle: await workflowBundle() });
  running = workflows.run();
});
afterAll(async () => {
  workflows.shutdown();
  await running;
  await connection.close();
  await native.close();
  await server.stop();
});

/** Runs `act` as an activity of the workflow type `worker`, which has one that may run for long. */
async function inActivity(id: string, act: (context: Context) => Promise<void>): Promise<void> {
  const { promise: result, resolve: settle } = Promise.withResolvers<void>();
  const announce = async (): Promise<void> => {
    const work = act(Context.current());
    settle(work);
    await work.catch(() => undefined);
  };
  const worker = await Worker.create({
    connection: native,
    taskQueue: QUEUES.host(id),
    activities: { announce },
    maxHeartbeatThrottleInterval: '1s',
  });
  await worker.runUntil(async () => {
    await client.workflow.start('worker', { workflowId: `worker:${id}`, taskQueue: QUEUES.scheduler, args: [{ workerId: id }] });
    await result;
    await client.workflow
      .getHandle(`worker:${id}`)
      .terminate()
      .catch(() => undefined);
  });
}

const gateOf = (context: Context, fenceMs = 6_000) =>
  openGate({ tokens, taskToken: context.info.taskToken, details: () => ({ step: 'start' }), fenceMs });

describe('the gate of a start', () => {
  it('opens while the try owns the attempt, and keeps the heartbeat details', async () => {
    await inActivity('open', async (context) => {
      await gateOf(context)();
      const { raw } = await client.workflow.getHandle('worker:open').describe();
      expect(await firstValue(client, raw.pendingActivities?.[0]?.heartbeatDetails?.payloads)).toEqual({ step: 'start' });
    });
  });

  it('is closed once the workflow is closed', async () => {
    await inActivity('closed', async (context) => {
      await client.workflow.getHandle('worker:closed').terminate();
      await expect(gateOf(context)()).rejects.toMatchObject({ refusal: 'lost' });
    });
  });

  it('is closed once a cancel was requested', async () => {
    await inActivity('cancelled', async (context) => {
      await client.workflow.getHandle('worker:cancelled').cancel();
      await expect
        .poll(() =>
          gateOf(context)().then(
            () => 'open',
            (error: { refusal: string }) => error.refusal,
          ),
        )
        .toMatch(/cancelled|lost/);
    });
  });

  it('is closed for a try whose attempt belongs to a later one', async () => {
    const gates: (() => Promise<void>)[] = [];
    let first = true;
    await inActivity('superseded', async (context) => {
      gates.push(gateOf(context));
      if (!first) return;
      first = false;
      const { workflowId } = context.info.workflowExecution!;
      await client.activity.fail(
        { workflowId, activityId: context.info.activityId },
        ApplicationFailure.create({ message: 'gone', nextRetryDelay: '1ms' }),
      );
      await expect.poll(() => gates.length).toBe(2);
      await expect(gates[0]!()).rejects.toMatchObject({ refusal: 'lost' });
    });
  });

  it('is closed after a gap in which another try could have begun', async () => {
    await inActivity('late', async (context) => {
      const gate = gateOf(context, 0);
      await expect(gate()).rejects.toMatchObject({ refusal: 'late' });
    });
  });

  it('is closed when Temporal does not answer in time', async () => {
    const nowhere = Connection.lazy({ address: '127.0.0.1:1' });
    const deaf = new AsyncCompletionClient({ connection: nowhere });
    const gate = openGate({ tokens: deaf, taskToken: new Uint8Array([1]), details: () => null, fenceMs: 60_000, deadlineMs: 300 });
    const asked = performance.now();
    await expect(gate()).rejects.toMatchObject({ refusal: 'unreachable' });
    expect(performance.now() - asked).toBeLessThan(3_000);
    await nowhere.close();
  });
});
