// Spark by the ResourceManager's REST API: makes what Spark's own client makes of a job in cluster mode, without a JVM.
import { fileURLToPath } from 'node:url';
import type { Attempt } from '../../contract.ts';
import { sparkPlan, type PlanFile, type SparkJob } from '../../../jobtypes/spark/plan.ts';
import type { Renderer, Site } from '../submission.ts';
import { driverCommand } from './command.ts';
import { confArchive, readConfiguration } from './conf-archive.ts';
import { AT_WORK, join, masterEnvironment } from './environment.ts';
import { Distribution } from './files.ts';
import { driverMemory, wholeNumber } from './memory.ts';
import { exportLine } from './quote.ts';
import { refuseUnsupported } from './refused.ts';
import { addPySpark, addSparkJars } from './runtime-files.ts';
import { engineOf, sparkSettings } from './settings.ts';

const SECRETS = 'longshore-secrets';
const APP_JAR = '__app__.jar';
const PY_FOLDER = '__pyfiles__';
export const SQL_DRIVER = fileURLToPath(new URL('longshore_sql.py', import.meta.url));

export const renderSpark: Renderer = async (attempt, context, site) => {
  const plan = sparkPlan(context.plan.data);
  const { job } = plan;
  const { env } = engineOf(attempt);
  const settings = new Map(sparkSettings(attempt, plan, site));
  refuseUnsupported(settings);
  const resource = { memory: driverMemory(settings), vCores: wholeNumber(settings, 'spark.driver.cores', 1) };
  const files = new Distribution(site.staging, attempt.workspace.workDir);

  settings.set('spark.app.submitTime', String(Date.now()));
  await addSparkJars(settings, files);
  const program = await addProgram(job, settings, files);
  const pythonPath = await addLists(job, env, settings, files);
  const secrets = await addSecrets(context.secrets, files);
  const environment = await masterEnvironment({ settings, site, pythonPath, distClasspath: env['SPARK_DIST_CLASSPATH'] });
  await addConfiguration(attempt, site, settings, files);

  return {
    type: 'SPARK',
    name: plan.execName,
    resource: { memory: resource.memory.container, vCores: resource.vCores },
    command: driverCommand({ settings, heap: resource.memory.heap, ...program, applicationId: attempt.ref.id ?? '', secrets }),
    environment,
    resources: files.resources,
    maxAttempts: wholeNumber(settings, 'spark.yarn.maxAppAttempts', 1),
  };
};

const pythonProgram = (program: string, args: readonly string[]): Program => ({
  mainClass: 'org.apache.spark.deploy.PythonRunner',
  main: ['--primary-py-file', program],
  args,
});

interface Program {
  readonly mainClass: string;
  readonly main: readonly [string, string];
  readonly args: readonly string[];
}

async function addProgram({ runType, main, mainClass, args }: SparkJob, settings: Map<string, string>, files: Distribution): Promise<Program> {
  if (runType === 'jar') {
    const place = await files.add(main, { link: APP_JAR });
    if (place !== APP_JAR) settings.set('spark.yarn.user.jar', place);
    return { mainClass: mainClass!, main: ['--jar', place], args };
  }
  settings.set('spark.yarn.isPython', 'true');
  const place = pathOf(await files.add(main, { driverOnly: true }));
  if (runType === 'py') return pythonProgram(place, args);
  return pythonProgram(await files.put('longshore_sql.py', { file: SQL_DRIVER }, { link: 'longshore_sql.py', driverOnly: true }), [place]);
}

/** JARs, files, archives and Python files, in Spark's order; the places of the latter for the PYTHONPATH. */
async function addLists(job: SparkJob, env: Record<string, string>, settings: Map<string, string>, files: Distribution): Promise<string[]> {
  const jars = await each(job.jars, (file) => files.add(file));
  if (jars.length > 0) settings.set('spark.yarn.secondary.jars', jars.join(','));
  await each(job.files, (file) => files.add(file));
  await each(job.archives, (file) => files.add(file, { kind: 'ARCHIVE' }));
  const names = job.pyFiles.map((file) => ('uri' in file ? file.uri : file.file).split('/').at(-1)!);
  const pyspark = settings.has('spark.yarn.isPython') ? await addPySpark(env, names, files) : [];
  const own = await each(job.pyFiles, (file, index) => files.add(file, names[index]!.endsWith('.py') ? { folder: PY_FOLDER } : {}));
  const modules = own.filter((place) => place.startsWith(`${PY_FOLDER}/`));
  const archives = own
    .filter((place) => !modules.includes(place))
    .map((place) => (place.startsWith('local:') ? pathOf(place) : `${AT_WORK}/${place}`));
  const pythonPath = [...(modules.length > 0 ? [`${AT_WORK}/${PY_FOLDER}`] : []), ...pyspark, ...archives];
  if (pythonPath.length > 0) settings.set(EXECUTOR_PATH, join(settings.get(EXECUTOR_PATH), pythonPath));
  return pythonPath;
}
const EXECUTOR_PATH = 'spark.executorEnv.PYTHONPATH';

async function each(list: readonly PlanFile[], add: (file: PlanFile, index: number) => Promise<string>): Promise<string[]> {
  const places: string[] = [];
  for (const [index, file] of list.entries()) places.push(await add(file, index));
  return places;
}

const pathOf = (place: string): string => place.replace(/^local:(?:\/\/(?=\/))?/, '');

/** Secret variables are the driver's alone. They are in no command, no environment of YARN's, no property: those are shown. */
async function addSecrets(secrets: ReadonlyMap<string, string>, files: Distribution): Promise<string | undefined> {
  if (secrets.size === 0) return undefined;
  const text = [...secrets].map(([name, value]) => exportLine(name, value)).join('');
  return await files.put(SECRETS, Buffer.from(text), { link: SECRETS, driverOnly: true });
}

async function addConfiguration(attempt: Attempt, site: Site, settings: Map<string, string>, files: Distribution): Promise<void> {
  const name = '__spark_conf__.zip';
  const found = await readConfiguration(engineOf(attempt).env);
  const cache = files.cacheProperties(`${site.staging.uri}/${name}`);
  await files.put(name, await confArchive({ settings, cache, ...found }), { link: '__spark_conf__', kind: 'ARCHIVE', driverOnly: true });
}
