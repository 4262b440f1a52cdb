// Lives of jobs, whose histories are recorded with each release and replayed against every later version.
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { failed, held, launched, seen, succeeded, until, untilCancelled } from '../workflows/harness.ts';
import type { Stage } from '../workflows/harness.ts';
import type { job } from '../../src/workflows/index.ts';

type Job = WorkflowHandleWithFirstExecutionRunId<typeof job>;

/** Waits until something is so; this file runs without a test runner, too. */
async function eventually(is: () => boolean | Promise<boolean>): Promise<void> {
  for (const until = Date.now() + 30_000; !(await is()); await sleep(50)) {
    if (Date.now() > until) throw new Error(`never so: ${is.toString()}`);
  }
}

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
