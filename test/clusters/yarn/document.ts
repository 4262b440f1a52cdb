// The cluster as Longshore is told of it: what a user would write after reading docs/yarn.md.
import { readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { YarnCluster } from './cluster.ts';

type Spec = {
  readonly name: string;
  readonly type: 'yarn';
  readonly config: Record<string, string | string[]>;
  readonly engines: Record<string, { env: Record<string, string>; defaults: Record<string, string> }>;
};

/** The JVMs of small jobs on a small machine. */
const SMALL_JVM = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

/** Spec of a Cluster document. */
export function clusterSpec(cluster: YarnCluster, name = 'yarn'): Spec {
  const { rms, folder, hdfs, webhdfs, history, timeline, spark, confDir } = cluster;
  const config = {
    resourceManagers: [...rms],
    staging: hdfs === undefined ? `file://${folder}/staging` : `${hdfs}/staging`,
    ...(webhdfs !== undefined && { webhdfs: [webhdfs] }),
    jobHistory: history,
    timeline,
  };
  if (spark === undefined) return { name, type: 'yarn', config, engines: {} };
  const python = join(spark.home, 'python', 'lib');
  const archives = readdirSync(python).filter((file) => file.endsWith('.zip'));
  return {
    name,
    type: 'yarn',
    config,
    engines: {
      spark: {
        env: {
          SPARK_HOME: spark.home,
          HADOOP_CONF_DIR: confDir,
          PYSPARK_PYTHON: spark.python,
          PYSPARK_ARCHIVES_PATH: archives.map((file) => `local:${join(python, file)}`).join(','),
        },
        defaults: {
          'spark.yarn.jars': `local:${spark.home}/jars/*`,
          'spark.yarn.appMasterEnv.PYSPARK_PYTHON': spark.python,
          'spark.executorEnv.PYSPARK_PYTHON': spark.python,
          'spark.driver.defaultJavaOptions': SMALL_JVM,
          'spark.executor.defaultJavaOptions': SMALL_JVM,
          'spark.ui.enabled': 'false',
        },
      },
    },
  };
}

/** Documents for `longshore apply -f`: the cluster, and the app of the first start with what it may use there. */
export function documents(cluster: YarnCluster): string {
  const grants = { clusters: ['local', 'yarn'], workers: ['default'], queues: ['default', 'etl'], users: [userInfo().username], secrets: [] };
  return [
    { kind: 'Cluster', ...clusterSpec(cluster) },
    { kind: 'App', name: 'default', grants },
  ]
    .map((one) => stringify(one, { lineWidth: 0 }))
    .join('---\n');
}
