// What spark-submit is told. All settings go into a properties file: its command line has nothing that an option could hide in.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StepError } from '../../../specs/errors.ts';
import { TOOL_ENV } from '../../../jobtypes/tools.ts';
import { sparkPlan, type PlanFile, type SparkJob } from '../../../jobtypes/spark/plan.ts';
import type { Attempt, StageContext } from '../../contract.ts';
import type { Site } from '../submission.ts';
import { propertiesText } from './properties.ts';
import { splitOptions, survivesSpark } from './quote.ts';
import { SQL_DRIVER } from './render.ts';
import { engineOf, sparkSettings } from './settings.ts';

const PROPERTIES = 'spark.properties';

export interface SubmitCommand {
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string };
  /** Files of the submitter's folder. */
  readonly files: { readonly [name: string]: string };
}

/** `folder`: the submitter's own. Throws START_REFUSED when Spark's own submission cannot do what the job asks for. */
export function submitCommand(
  attempt: Attempt,
  { plan, secrets }: Pick<StageContext, 'plan' | 'secrets'>,
  site: Site,
  folder: string,
): SubmitCommand {
  if (secrets.size > 0) throw refused('it has no way to give a driver secrets that its logs and the Spark UI would not show');
  const { env } = engineOf(attempt);
  const home = env['SPARK_HOME'];
  if (home === undefined) throw refused('engines.spark.env of the cluster must hold SPARK_HOME, a Spark on the worker');
  const data = sparkPlan(plan.data);
  const { workDir } = attempt.workspace;
  const settings = new Map([...sparkSettings(attempt, data, site), ...lists(data.job, workDir)]);
  const { main, args } = programOf(data.job, workDir);
  const options = splitOptions(settings.get('spark.driver.extraJavaOptions') ?? '');
  const changed = [...args, ...options].find((word) => !survivesSpark(word));
  if (changed !== undefined) throw refused(`it would change the argument ${JSON.stringify(changed.slice(0, 100))}`);
  const mainClass = data.job.mainClass === null ? [] : ['--class', data.job.mainClass];
  return {
    argv: [join(home, 'bin', 'spark-submit'), '--properties-file', join(folder, PROPERTIES), ...mainClass, main, ...args],
    env: submitterEnvironment(env, site),
    files: { [PROPERTIES]: propertiesText(settings) },
  };
}

const refused = (why: string): StepError =>
  new StepError('START_REFUSED', `spark-submit cannot start this job: ${why}; or set engines.spark.submit of the cluster to rest`);

function submitterEnvironment(env: Record<string, string>, site: Site): SubmitCommand['env'] {
  const { PYTHONPATH: _, ...own } = env;
  const conf = own['HADOOP_CONF_DIR'] ?? own['YARN_CONF_DIR'];
  return {
    ...TOOL_ENV,
    // Its JVM reads arguments by it.
    LC_ALL: 'C.UTF-8',
    ...(conf !== undefined && { HADOOP_CONF_DIR: conf, YARN_CONF_DIR: conf }),
    ...own,
    HADOOP_USER_NAME: site.user,
  };
}

/** An address that stands for itself in a list with commas. */
const addressOf = (file: PlanFile, workDir: string): string =>
  'uri' in file ? file.uri : pathToFileURL(join(workDir, file.file)).href.replaceAll(',', '%2C');

function lists(job: SparkJob, workDir: string): [string, string][] {
  const files = job.runType === 'sql' && !isLocal(job.main) ? [...job.files, job.main] : job.files;
  const all = { 'spark.jars': job.jars, 'spark.files': files, 'spark.archives': job.archives, 'spark.submit.pyFiles': job.pyFiles };
  return Object.entries(all).flatMap(([name, list]): [string, string][] =>
    list.length === 0 ? [] : [[name, list.map((file) => addressOf(file, workDir)).join(',')]],
  );
}

const isLocal = (file: PlanFile): boolean => 'uri' in file && file.uri.startsWith('local:');

function programOf({ runType, main, args }: SparkJob, workDir: string): { readonly main: string; readonly args: readonly string[] } {
  const place = addressOf(main, workDir);
  if (runType === 'sql') return { main: SQL_DRIVER, args: [isLocal(main) ? place.slice('local:'.length) : nameIn(place)] };
  if (runType === 'py' && isLocal(main)) throw refused('it does not find a Python program that is on the nodes (local:)');
  return { main: place, args };
}

const nameIn = (address: string): string => address.slice(address.search(/[^/#]*$/));
