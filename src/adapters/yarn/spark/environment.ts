// Environment of the application master's container, as Spark's client makes it.
import type { Site } from '../submission.ts';
import type { Settings } from './settings.ts';

/** YARN's separators and variables: the node puts its own in. */
const CPS = '<CPS>';
export const AT_WORK = '{{PWD}}';
const ON_AM = 'spark.yarn.appMasterEnv.';

/** Class path of hadoop-mapreduce on a node that does not say. */
const MAPREDUCE = ['$HADOOP_MAPRED_HOME/share/hadoop/mapreduce/*', '$HADOOP_MAPRED_HOME/share/hadoop/mapreduce/lib/*'];

interface Parts {
  readonly settings: Settings;
  readonly site: Site;
  readonly pythonPath: readonly string[];
  /** SPARK_DIST_CLASSPATH of the worker. */
  readonly distClasspath: string | undefined;
}

export async function masterEnvironment({ settings, site, pythonPath, distClasspath }: Parts): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    CLASSPATH: await classpath(settings, site, distClasspath),
    // Removed by the application master when it ends.
    SPARK_YARN_STAGING_DIR: site.staging.uri,
    SPARK_PREFER_IPV6: 'false',
  };
  // A name that is there already is a list, as CLASSPATH.
  for (const [name, value] of settings) {
    if (!name.startsWith(ON_AM)) continue;
    const variable = name.slice(ON_AM.length);
    environment[variable] = Object.hasOwn(environment, variable) ? `${environment[variable]}${CPS}${value}` : value;
  }
  environment['SPARK_USER'] ??= site.user;
  environment['PYTHONHASHSEED'] ??= '0';
  if (pythonPath.length > 0) environment['PYTHONPATH'] = join(environment['PYTHONPATH'], pythonPath);
  if (distClasspath !== undefined) environment['SPARK_DIST_CLASSPATH'] = distClasspath;
  return environment;
}

/** A list of paths, after what is there already. */
export const join = (before: string | undefined, paths: readonly string[]): string => [...(before === undefined ? [] : [before]), ...paths].join(CPS);

async function classpath(settings: Settings, site: Site, distClasspath: string | undefined): Promise<string> {
  const gateway = settings.get('spark.yarn.config.gatewayPath');
  const node = settings.get('spark.yarn.config.replacementPath');
  const onNode = (path: string): string => (gateway === undefined || node === undefined ? path : path.replaceAll(gateway, node));
  const given = settings.get('spark.driver.extraClassPath');
  const jars = settings.has('spark.yarn.archive') ? [] : (settings.get('spark.yarn.jars') ?? '').split(',').filter((jar) => jar.startsWith('local:'));
  // Spark with Hadoop's classes in it, the usual download, needs none of the node's.
  const hadoop = settings.get('spark.yarn.populateHadoopClasspath') === 'true' ? [...(await site.classpath()).split(','), ...MAPREDUCE] : [];
  return [
    ...(given === undefined ? [] : [onNode(given)]),
    AT_WORK,
    `${AT_WORK}/__spark_conf__`,
    `${AT_WORK}/__spark_libs__/*`,
    ...jars.map((jar) => onNode(jar.slice('local:'.length))),
    ...hadoop.map((entry) => entry.trim()),
    ...(distClasspath === undefined ? [] : [onNode(distClasspath)]),
    `${AT_WORK}/__spark_conf__/__hadoop_conf__`,
  ].join(CPS);
}
