// Messages as people send them, on a real server: by `temporal workflow signal`, at any moment, and in any form.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { assert, asyncProperty, boolean, constantFrom, integer, record } from 'fast-check';
import { execa } from 'execa';
import type { AttemptInput } from '../../src/specs/activities.ts';
import { GARBAGE, Stage, failed, held, launched, realEnvironment, seen, snapshot, succeeded, until, untilCancelled } from './harness.ts';
import { soon } from './soon.ts';

let real: Awaited<ReturnType<typeof realEnvironment>>;
let stage: Stage;
beforeAll(async () => {
  real = await realEnvironment();
});
afterAll(() => real.close());
beforeEach(async () => {
  stage = await new Stage(real.env).open();
});
afterEach(() => stage.close());

const temporal = (...args: string[]) => execa(real.server.cli, ['workflow', ...args, '--address', real.server.address]);

const runs = () => {
  stage.script.launch = () => Promise.resolve(launched(seen('running')));
  stage.script.describe = () => untilCancelled();
};

test('temporal workflow signal kills a job', async () => {
  runs();
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  await temporal('signal', '--workflow-id', job.workflowId, '--name', 'kill', '--input', '{"by":"bob","reason":"wrong day"}');
  expect(await job.result()).toMatchObject({ status: 'KILLED', reason: 'killed by bob: wrong day' });
});

test('temporal workflow cancel kills a job', async () => {
  runs();
  const job = await stage.start();
  await soon(() => expect(stage.steps()).toContain('describe'));
  await temporal('cancel', '--workflow-id', job.workflowId);
  expect(await job.result()).toMatchObject({ status: 'KILLED' });
});

test('temporal workflow signal-with-start reruns a closed job', async () => {
  stage.script.launch = () => Promise.resolve(launched(failed));
  const input = stage.input();
  const workflowId = `job:etl:~${input.jobId}`;
  const first = await real.env.client.workflow.start('job', { taskQueue: stage.queue, workflowId, args: [input] });
  const result = await first.result();
  stage.script.lastRun = () => Promise.resolve({ input, result });
  stage.script.launch = () => Promise.resolve(launched(succeeded));
  const names = ['--workflow-id', workflowId, '--type', 'job', '--task-queue', stage.queue, '--signal-name', 'rerun'];
  await temporal('signal-with-start', ...names, '--signal-input', '{"id":"r1"}');
  const again = real.env.client.workflow.getHandle(workflowId);
  expect(await again.result()).toMatchObject({ status: 'SUCCEED', attempt: 2 });
  expect((await again.describe()).searchAttributes).toMatchObject({
    LongshoreStatus: ['SUCCEED'],
    LongshoreApp: ['etl'],
    LongshoreJobType: ['shell'],
  });
});

test('a long history is continued as new, and nothing is lost', async () => {
  const end = held<void>();
  runs();
  stage.script.describe = async () => {
    await until(end.promise);
    return { observation: succeeded };
  };
  const job = await stage.start({ retry: { attempts: 2 } }, { historyBudget: 60 });
  await soon(() => expect(stage.steps()).toContain('describe'));
  const { runId } = await job.describe();
  for (let index = 0; index < 40; index++) await job.signal('modify', { id: `m${index}`, with: { env: { [`N${index}`]: '1' } } });
  await soon(async () => expect((await job.describe()).runId).not.toBe(runId));
  await soon(async () => expect((await snapshot(job)).appliedIds).toHaveLength(40));
  expect(await snapshot(job)).toMatchObject({ status: 'RUNNING', handle: { id: 'host/1' } });
  end.resolve();
  const result = await job.result();
  expect(result).toMatchObject({ status: 'SUCCEED', attempt: 1 });
  expect(Object.keys(result.patch!.env!)).toHaveLength(40);
  expect(stage.steps().filter((step) => step === 'launch')).toHaveLength(1);
  expect(stage.events.map(({ seq }) => seq)).toEqual(stage.events.map((_, index) => index + 1));
  expect(new Set(stage.inputs<AttemptInput>('describe').map(({ attempt }) => attempt.key)).size).toBe(1);
});

test('a kill in any form is a kill', async () => {
  for (const message of GARBAGE) {
    runs();
    const job = await stage.start();
    await job.signal('kill', message);
    expect(['KILLED', 'CANCELED']).toContain((await job.result()).status);
  }
});

test('a kill at any moment ends the job once, with nothing left alive', async () => {
  const moment = record({
    delay: integer({ min: 0, max: 120 }),
    twice: boolean(),
    how: constantFrom('graceful', 'forced'),
    cancel: boolean(),
  });
  await assert(
    asyncProperty(moment, async ({ delay, twice, how, cancel }) => {
      const alive = new Set<string>();
      stage.script.launch = async ({ attempt }) => {
        await new Promise((done) => setTimeout(done, 30));
        alive.add(attempt.key);
        return launched(seen('running'));
      };
      stage.script.describe = () => untilCancelled();
      stage.script.stop = ({ attempt }) =>
        Promise.resolve(
          alive.delete(attempt.key)
            ? { observation: seen('ended', { final: 'killed' }), stopped: [{ id: 'x' }] }
            : { observation: seen('not-found'), stopped: [] },
        );
      const job = await stage.start({ retry: { attempts: 3 } });
      await new Promise((done) => setTimeout(done, delay));
      if (cancel) await job.cancel();
      else await job.signal('kill', { how });
      if (twice) await job.signal('kill', {});
      const result = await job.result();
      expect(['KILLED', 'CANCELED']).toContain(result.status);
      expect(result.attempt).toBe(1);
      expect(alive.size).toBe(0);
    }),
    { numRuns: 25 },
  );
});
