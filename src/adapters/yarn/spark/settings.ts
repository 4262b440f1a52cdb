// The properties of Spark that an attempt has, whichever way it is submitted: the cluster's defaults, then the job's, then ours.
import type { Attempt } from '../../contract.ts';
import type { SparkPlan } from '../../../jobtypes/spark/plan.ts';
import type { Site } from '../submission.ts';
import { environmentValue } from './quote.ts';

export type Settings = ReadonlyMap<string, string>;

/** Variables of the cluster's engine that speak of Spark and Hadoop on the worker. All others are variables of its jobs. */
const OF_THE_WORKER = new Set([
  'HADOOP_CLASSPATH',
  'HADOOP_COMMON_HOME',
  'HADOOP_CONF_DIR',
  'HADOOP_HDFS_HOME',
  'HADOOP_HOME',
  'HADOOP_USER_NAME',
  'JAVA_HOME',
  'KRB5_CONFIG',
  'PATH',
  'PYSPARK_ARCHIVES_PATH',
  'SPARK_CONF_DIR',
  'SPARK_DIST_CLASSPATH',
  'SPARK_HOME',
  'SPARK_LAUNCHER_OPTS',
  'SPARK_LOCAL_IP',
  'SPARK_SUBMIT_OPTS',
  'YARN_CONF_DIR',
]);

/** What the administrator says of Spark on this cluster. */
export const engineOf = (attempt: Attempt): { readonly env: Record<string, string>; readonly defaults: Record<string, string> } =>
  attempt.cluster.engines[attempt.spec.type] ?? { env: {}, defaults: {} };

export function sparkSettings(attempt: Attempt, plan: SparkPlan, site: Site): Settings {
  const settings = new Map<string, string>([
    ['spark.yarn.maxAppAttempts', '1'],
    ...Object.entries(engineOf(attempt).defaults),
    ...Object.entries(plan.job.properties),
    ['spark.master', 'yarn'],
    ['spark.submit.deployMode', 'cluster'],
    ['spark.app.name', plan.execName],
    ['spark.yarn.queue', site.queue],
    ['spark.yarn.tags', site.tags.join(',')],
    ['spark.yarn.stagingDir', site.staging.uri],
    ['spark.yarn.submit.waitAppCompletion', 'false'],
  ]);
  for (const [name, value] of jobEnvironment(attempt, site)) {
    settings.set(`spark.yarn.appMasterEnv.${name}`, environmentValue(value));
    if (name !== 'LC_ALL') settings.set(`spark.executorEnv.${name}`, environmentValue(value));
  }
  return settings;
}

/** Variables of driver and executors. */
function jobEnvironment({ ref, spec, ...attempt }: Attempt, site: Site): Map<string, string> {
  const { env } = engineOf({ ref, spec, ...attempt });
  return new Map([
    // What the JVM takes arguments for; without it, on a node without a locale, a letter outside ASCII is lost.
    ['LC_ALL', 'C.UTF-8'],
    ...Object.entries(env).filter(([name]) => !OF_THE_WORKER.has(name)),
    ...Object.entries(spec.env),
    ['LONGSHORE_OUTPUT_DIR', site.outputs],
    ['LONGSHORE_KEY', ref.key],
    ['LONGSHORE_MARK', ref.mark],
    ['LONGSHORE_JOB_ID', ref.jobId],
    ['LONGSHORE_ATTEMPT', String(ref.attempt)],
  ]);
}
