// POST of a Spark job until the ResourceManager has accepted it, beside spark-submit of the same program with the same settings.
import { mkdtemp, rm as remove, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { YarnCluster } from '../../clusters/yarn/cluster.ts';
import { clusterSpec } from '../../clusters/yarn/document.ts';
import { allApps, kill } from '../../clusters/yarn/rest.ts';
import { inTurn, show, timed } from '../sample.ts';
import { ended, until, type Stack } from '../stack.ts';
import type { Row } from '../table.ts';
import { isTaken } from './yarn-rate.ts';

const PROGRAM = 'import time; time.sleep(600)';

export async function sparkRow(stack: Stack, cluster: YarnCluster, pairs: number): Promise<Row> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'longshore-bench-spark-'));
  const program = path.join(folder, 'sleep.py');
  await writeFile(program, PROGRAM);
  const known = new Set<string>();
  /** Id of the one application that is new. */
  const accepted = async (): Promise<string> => {
    const fresh = async () => (await allApps(cluster.rm)).find((app) => !known.has(app.id) && isTaken(app))?.id;
    const id = await until('an application to be accepted', fresh, 120_000, 5);
    known.add(id);
    return id;
  };
  try {
    const { a, b, ratio } = await inTurn(
      pairs,
      1,
      async () => {
        const config = { runType: 'py', text: PROGRAM, driverMemory: '512Mi', executorMemory: '512Mi', numExecutors: 1 };
        const spec = { name: 'bench', type: 'spark', cluster: 'yarn', config };
        let job = '';
        const ms = await timed(async () => {
          [{ id: job }] = await Promise.all([stack.api.call('createJob', { body: { spec } }), accepted()]);
        });
        await stack.api.call('killJob', { params: { id: job }, body: {} });
        await ended(stack, job);
        return ms;
      },
      async () => {
        const { submit, env } = sparkSubmit(cluster, program);
        let id = '';
        const ms = await timed(async () => {
          const [command = '', ...args] = submit;
          const running = execa(command, args, { env, stdio: 'ignore' });
          id = await accepted();
          await running;
        });
        await kill(cluster.rm, id, os.userInfo().username);
        return ms;
      },
    );
    return {
      measure: 'Spark on YARN: POST → ACCEPTED',
      ours: show(a, ' ms'),
      peer: `spark-submit ${show(b, ' ms')}`,
      ratio: show(ratio, ' ×', 3),
      target: '≤ 0.1 ×',
      met: ratio.median <= 0.1,
    };
  } finally {
    await remove(folder, { recursive: true, force: true });
  }
}

/** It returns when its application is accepted: that is the quickest that it can be asked for. */
function sparkSubmit(cluster: YarnCluster, program: string): { submit: string[]; env: Record<string, string> } {
  const { env, defaults } = clusterSpec(cluster).engines['spark']!;
  const settings = {
    ...defaults,
    'spark.driver.memory': '512m',
    'spark.executor.memory': '512m',
    'spark.executor.instances': '1',
    'spark.yarn.submit.waitAppCompletion': 'false',
  };
  const confs = Object.entries(settings).flatMap(([key, value]) => ['--conf', `${key}=${value}`]);
  const submit = [`${cluster.spark!.home}/bin/spark-submit`, '--master', 'yarn', '--deploy-mode', 'cluster', ...confs, program];
  return { submit, env: { ...env, YARN_CONF_DIR: cluster.confDir } };
}
