// A store so slow that local activities outlive their workflow tasks. Live, what else arrives meanwhile comes before their ends; in a replay it
// comes together with them. Each stage replays its histories when it is closed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DescribeInput } from '../../src/specs/activities.ts';
import { RunStage, outcomeOf, type Nodes } from './dag/stage.ts';
import { Stage, launched, realEnvironment, seen, succeeded, until } from './harness.ts';
import { soon } from './soon.ts';

// Not the time-skipping server: it would skip the time of local activities, and with it the end of their workflow tasks.
let real: Awaited<ReturnType<typeof realEnvironment>>;
beforeAll(async () => {
  real = await realEnvironment();
});
afterAll(() => real.close());

const upTo = (ms: number): Promise<void> => sleep(Math.random() * ms);

/** `storeMs`: the longest answer of the store. Workflow tasks end after 800 ms of it. */
function slow<Slow extends Stage>(stage: Slow, storeMs: number): Slow {
  stage.taskTimeout = '1 s';
  stage.script.record = () => upTo(storeMs);
  stage.script.launch = async () => {
    await upTo(1_000);
    return launched(succeeded);
  };
  return stage;
}

test.each([
  ['to its end', {}],
  ['continued as new', { historyBudget: 40 }],
])('a run replays whose store is slow, %s', async (_, more) => {
  const stage = slow(new RunStage(real.env), 1_500);
  await stage.open();
  const layers: Nodes = Object.fromEntries(
    Array.from({ length: 6 }, (_, index) => [`n${index}`, index < 3 ? {} : { needs: [`n${index - 3}`, `n${index - 2}`] }]),
  );
  const run = await stage.run({ ...layers, each: { foreach: { item: [1, 2, 3] } } }, {}, more);
  expect(await outcomeOf(run)).toBe('SUCCEED');
  expect(new Set(stage.launches()).size).toBe(9);
  await stage.replay(run);
  await stage.close();
});

test('a run replays that is killed while its store is slow', async () => {
  const stage = slow(new RunStage(real.env), 1_500);
  stage.running('r0', 'r1', 'r2', 'r3');
  await stage.open();
  const run = await stage.run({ r0: {}, r1: {}, r2: {}, r3: {}, a: {}, b: { needs: ['a'] } });
  await stage.shows(run, 'r3', 'RUNNING');
  for (const node of ['r0', 'r1']) await run.signal('kill', { by: 'bob', node });
  await run.signal('kill', { by: 'bob' });
  expect(await outcomeOf(run)).toBe('KILLED');
  await stage.close();
});

test('jobs replay that are watched, changed and killed while their store is slow', async () => {
  const stage = slow(new Stage(real.env), 950);
  stage.script.launch = () => Promise.resolve(launched(seen('running')));
  let told = 0;
  stage.script.describe = async () => {
    await until(upTo(1_500));
    return { observation: seen('running', { progress: String(++told) }) };
  };
  await stage.open();
  const jobs = await Promise.all(Array.from({ length: 16 }, () => stage.start()));
  const watches = (jobId: string) => stage.inputs<DescribeInput>('describe').filter(({ attempt }) => attempt.jobId === jobId);
  await Promise.all(
    jobs.map(async (job, index) => {
      await soon(() => expect(watches(job.workflowId.split('~')[1]!)).not.toEqual([]));
      await upTo(2_000);
      await job.signal('modify', { by: 'bob', with: { priority: 7 } });
      await upTo(1_000);
      if (index % 2 === 0) await job.signal('kill', { by: 'bob' });
      else await job.cancel();
      expect((await job.result()).status).toBe('KILLED');
    }),
  );
  await stage.close();
});
