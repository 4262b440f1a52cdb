// Job type `spark`: a JAR, a Python program or SQL statements on a cluster that runs Spark.
import { relative } from 'node:path';
import type { Container, JobType, LaunchPlan } from '../contract.ts';
import { mebibytes, sparkConfig, type SparkConfig } from './config.schema.ts';
import { isOnCluster, nameOf, type ClusterFileRef } from './files.schema.ts';
import { SPARK_FORBIDDEN } from './forbidden.ts';
import type { PlanFile, SparkJob, SparkPlan } from './plan.ts';

export const spark: JobType<SparkConfig> = {
  type: 'spark',
  config: sparkConfig,
  template: 'spark',
  forbidden: SPARK_FORBIDDEN,
  async prepare(container) {
    const { ref, spec, workspace } = container;
    const plan: SparkPlan = {
      id: ref.jobId,
      execName: spec.name,
      fromApp: ref.app,
      queue: spec.queue,
      group: spec.group,
      user: spec.user ?? null,
      job: await jobOf(container),
    };
    return { template: 'spark', outputPath: workspace.workDir, data: plan as unknown as LaunchPlan['data'] };
  },
};

async function jobOf(container: Container<SparkConfig>): Promise<SparkJob> {
  const { config } = container;
  const main: ClusterFileRef = config.mainFile ?? { inline: config.text!, name: `main.${config.runType}` };
  const all = async (list: 'pyFiles' | 'jars' | 'files' | 'archives'): Promise<PlanFile[]> => {
    const files: PlanFile[] = [];
    for (const [index, file] of config[list].entries()) files.push(await bring(container, file, `${list}-${index}`));
    return files;
  };
  return {
    runType: config.runType,
    main: await bring(container, main, `main.${config.runType}`),
    mainClass: config.mainClass ?? null,
    args: config.args,
    pyFiles: await all('pyFiles'),
    jars: await all('jars'),
    files: await all('files'),
    archives: await all('archives'),
    properties: { ...config.conf, ...fieldProperties(config) },
  };
}

async function bring(container: Container<SparkConfig>, file: ClusterFileRef, otherwise: string): Promise<PlanFile> {
  if (isOnCluster(file)) return { uri: file };
  return { file: relative(container.workspace.workDir, await container.fetch(file, nameOf(file) ?? otherwise)) };
}

const memory = (value: string | undefined): string | undefined => (value === undefined ? undefined : `${mebibytes(value)}m`);

/** The fields that are properties of Spark by another name. */
function fieldProperties(config: SparkConfig): Record<string, string> {
  const properties = {
    'spark.driver.cores': config.driverCores?.toString(),
    'spark.driver.memory': memory(config.driverMemory),
    'spark.executor.instances': config.numExecutors?.toString(),
    'spark.executor.cores': config.executorCores?.toString(),
    'spark.executor.memory': memory(config.executorMemory),
    'spark.driver.extraJavaOptions': config.driverJavaOptions,
    'spark.driver.extraClassPath': config.driverClassPath,
  };
  return Object.fromEntries(Object.entries(properties).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
