// The rows of YARN, on a real cluster with Spark: they need Java, Maven and, the first time, the network.
import os from 'node:os';
import { startYarn, type YarnCluster } from '../clusters/yarn/cluster.ts';
import { clusterSpec } from '../clusters/yarn/document.ts';
import { rateRow } from './rows/yarn-rate.ts';
import { sparkRow } from './rows/yarn-spark.ts';
import { watchRow } from './rows/yarn-watch.ts';
import { startStack, type Stack } from './stack.ts';
import type { Measure } from './table.ts';

/** `scale`: share of the full number of repetitions. */
export async function measureYarn(measure: Measure, scale: number): Promise<void> {
  for (const count of [1_000, 10_000]) await measure(`watching ${count}`, () => watchRow(count, Math.ceil(30 * scale)));
  const cluster = await startYarn({ spark: true, say: (line) => console.error(`  ${line}`) });
  const stack = await startStack({ slots: 20 });
  try {
    await addCluster(stack, cluster);
    await measure('Spark', () => sparkRow(stack, cluster, Math.ceil(8 * scale)));
    await cluster.killNm();
    await measure('many at once', () => rateRow(stack, cluster, 50, Math.ceil(5 * scale)));
  } finally {
    await stack.stop();
    await cluster.stop();
  }
}

/** Tells the stack of the cluster, as an administrator would. */
async function addCluster(stack: Stack, cluster: YarnCluster): Promise<void> {
  const { name, ...spec } = clusterSpec(cluster);
  await stack.api.call('putCluster', { params: { name }, body: spec });
  const grants = { clusters: ['local', name], workers: ['default'], queues: ['default'], users: [os.userInfo().username], secrets: [] };
  await stack.api.call('putApp', { params: { name: 'default' }, body: { grants } });
}
