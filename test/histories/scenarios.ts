// Lives of jobs, whose histories are recorded with each release and replayed against every later version.
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { failed, held, launched, seen, succeeded, until, untilCancelled } from '../workflows/harness.ts';
import { eventually } from '../workflows/eventually.ts';
import type { Stage } from '../workflows/harness.ts';
import type { dag, job } from '../../src/workflows/index.ts';
import { specOf, type Nodes, type RunStage } from '../workflows/dag/stage.ts';

type Job = WorkflowHandleWithFirstExecutionRunId<typeof job>;
type Run = WorkflowHandleWithFirstExecutionRunId<typeof dag>;

const describing = (stage: Stage): Promise<void> => eventually(() => stage.steps().includes('describe'));

const runs = (stage: Stage): void => {
  stage.script.launch = () => Promise.resolve(launched(seen('running')));
  stage.script.describe = () => untilCancelled();
};

/** Plays a life to its end, and returns its workflow. */
export const SCENARIOS: Readonly<Record<string, (stage: Stage) => Promise<Job>>> = {
  'short-success': async (stage) => {
    const job = await stage.start({ webhook: { url: 'https://example.org/hook', events: ['all'] } });
    await job.result();
    return job;
  },
  'retries-then-failure': async (stage) => {
    stage.script.launch = () => Promise.resolve(launched(failed));
    const job = await stage.start({ retry: { attempts: 3, backoff: { initial: '100ms' } }, timeouts: { queue: '1h', total: '1d' } });
    await job.result();
    return job;
  },
  'waits-modified-runs-killed': async (stage) => {
    runs(stage);
    let asked = 0;
    stage.script.admit = () => (++asked < 3 ? { admitted: false, reason: 'full' } : { admitted: true, cluster: stage.cluster, workerId: stage.host });
    const job = await stage.start();
    await eventually(() => stage.statuses().includes('ACCEPTED'));
    await job.signal('modify', { with: { queue: 'fast' } });
    await eventually(() => asked > 1);
    await job.signal('admitted');
    await describing(stage);
    await job.signal('kill', { by: 'bob' });
    await job.result();
    return job;
  },
  'unknown-resolved-by-rerun': async (stage) => {
    runs(stage);
    stage.script.describe = ({ known }) => (known.phase === 'not-found' ? untilCancelled() : Promise.resolve({ observation: seen('not-found') }));
    const job = await stage.start();
    await eventually(() => stage.statuses().includes('UNKNOWN'));
    stage.script.launch = () => Promise.resolve(launched(succeeded));
    await job.executeUpdate('resolve', { args: [{ as: 'rerun', by: 'carol' }] });
    await job.result();
    return job;
  },
  'launch-again-run-timeout': async (stage) => {
    runs(stage);
    let tries = 0;
    stage.script.launch = () => (++tries < 3 ? Promise.reject(new Error('503')) : Promise.resolve(launched(seen('running'))));
    const job = await stage.start({ timeouts: { start: '1h', run: '1s' } });
    await job.result();
    return job;
  },
  'store-down-for-a-while': async (stage) => {
    let tries = 0;
    stage.script.record = () => {
      if (++tries <= 3) throw new Error('no store');
    };
    const job = await stage.start();
    await job.result();
    return job;
  },
  'continued-as-new': async (stage) => {
    const end = held<void>();
    runs(stage);
    stage.script.describe = async () => {
      await until(end.promise);
      return { observation: succeeded };
    };
    const job = await stage.start({}, { historyBudget: 40 });
    await describing(stage);
    const { runId } = await job.describe();
    for (let index = 0; index < 20; index++) await job.signal('modify', { with: { labels: { step: `${index}` } } });
    await eventually(async () => (await job.describe()).runId !== runId);
    end.resolve();
    await job.result();
    return job;
  },
};

/** The same of runs. */
export const RUN_SCENARIOS: Readonly<Record<string, (stage: RunStage) => Promise<Run>>> = {
  'run-diamond': async (stage) => {
    const run = await stage.run({ a: {}, b: { needs: ['a'], when: 'true' }, c: { needs: ['a'] }, d: { needs: ['b', 'c'] } });
    await run.result();
    return run;
  },
  'run-fails-and-is-rerun': async (stage) => {
    const end = stage.running('slow');
    const succeeds = stage.script.launch;
    stage.script.launch = (input) => (input.spec.name === 'a' ? Promise.resolve(launched(failed)) : succeeds(input));
    const run = await stage.run({ a: {}, b: { needs: ['a'] }, slow: {} });
    await stage.untilRow(run, 'b', 'SKIPPED');
    stage.script.launch = succeeds;
    await run.signal('rerun', { mode: 'failed', by: 'bob' });
    await stage.untilRow(run, 'b', 'SUCCEED');
    end('slow');
    await run.result();
    return await stage.again(run, { mode: 'all', by: 'bob' }).then(async (again) => {
      await again.result();
      return again;
    });
  },
  'run-items-and-waits-killed': async (stage) => {
    stage.running('each-1');
    const nodes: Nodes = {
      each: { foreach: { item: [1, 2, 3], limit: 2 } },
      ask: { wait: { approval: {}, timeout: '1h' } },
      go: { wait: { signal: 'go' } },
      soon: { wait: { time: '1s' } },
      after: { needs: ['each'] },
    };
    const run = await stage.run(nodes);
    await stage.untilRow(run, 'soon', 'SUCCEED');
    await eventually(() => stage.launches().length === 3);
    await run.signal('approve', { node: 'ask', by: 'bob' });
    await run.signal('signal', { name: 'go', by: 'bob' });
    await run.signal('pause', { by: 'bob' });
    await run.signal('kill', { by: 'bob' });
    await run.result();
    return run;
  },
  'run-with-a-child': async (stage) => {
    stage.children.set('sub', specOf({ x: {} }));
    const run = await stage.run({ sub: { dag: { ref: 'child' } }, after: { needs: ['sub'] } });
    await run.result();
    return run;
  },
  'run-continued-as-new': async (stage) => {
    const end = stage.running('slow');
    const line: Nodes = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`n${index}`, index === 0 ? {} : { needs: [`n${index - 1}`] }]));
    const run = await stage.run({ slow: {}, ...line }, {}, { historyBudget: 50 });
    await stage.untilRow(run, 'n11', 'SUCCEED');
    end('slow');
    await run.result();
    return run;
  },
  'run-store-down-for-a-while': async (stage) => {
    let tries = 0;
    const down = (): void => {
      if (++tries <= 4) throw new Error('no store');
    };
    stage.script.record = down;
    stage.decides.before = down;
    const run = await stage.run({ a: {}, b: { needs: ['a'] } });
    await run.result();
    return run;
  },
};
