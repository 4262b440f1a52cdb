// Spark itself on the nodes: its JARs, and its Python parts.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StepError } from '../../../specs/errors.ts';
import { AT_WORK } from './environment.ts';
import type { Distribution } from './files.ts';

const LIBS = '__spark_libs__';
const JARS = 'spark.yarn.jars';
const ARCHIVE = 'spark.yarn.archive';

/** Adds Spark's JARs, and leaves in the settings what the nodes have. START_REFUSED when the cluster does not say where they are. */
export async function addSparkJars(settings: Map<string, string>, files: Distribution): Promise<void> {
  const archive = settings.get(ARCHIVE);
  if (archive !== undefined) {
    if (!isAddress(archive)) throw refused(`${ARCHIVE} is "${archive.slice(0, 200)}"`);
    await files.add({ uri: archive }, { link: LIBS, kind: 'ARCHIVE' });
    return;
  }
  const jars = list(settings.get(JARS));
  if (jars.length === 0) throw refused(`neither ${ARCHIVE} nor ${JARS} is set`);
  for (const jar of jars.filter((jar) => !jar.startsWith('local:'))) {
    if (!isAddress(jar) || jar.includes('*')) throw refused(`${JARS} holds "${jar.slice(0, 200)}"`);
    await files.add({ uri: jar }, { folder: LIBS });
  }
  settings.set(JARS, jars.filter((jar) => jar.startsWith('local:')).join(','));
}

const isAddress = (uri: string): boolean => /^(?:hdfs|file):\/\//.test(uri);

const refused = (what: string): StepError =>
  new StepError(
    'START_REFUSED',
    `${what}: in engines.spark.defaults of the cluster, set ${ARCHIVE} to a zip of Spark's jars folder on the staging folder's file system, or ${JARS} to local:/path/on/every/node/jars/*`,
  );

const list = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/**
 * Adds pyspark and py4j, and gives their places for the PYTHONPATH: what PYSPARK_ARCHIVES_PATH names, else what is in SPARK_HOME here, else
 * nothing when the job brings its own. START_REFUSED when there is none.
 */
export async function addPySpark(env: Record<string, string>, own: readonly string[], files: Distribution): Promise<string[]> {
  const given = list(env['PYSPARK_ARCHIVES_PATH']);
  const archives = given.length > 0 ? given : await ofSparkHome(env['SPARK_HOME']);
  if (archives.length === 0 && !own.some((name) => /^pyspark.*\.zip$/.test(name)))
    throw new StepError(
      'START_REFUSED',
      'Python jobs need pyspark.zip and py4j: in engines.spark.env of the cluster, set PYSPARK_ARCHIVES_PATH to local:, hdfs: or file paths of both, separated by commas, or SPARK_HOME to a Spark on the worker',
    );
  const places: string[] = [];
  for (const archive of archives) places.push(await addArchive(archive, files));
  return places;
}

async function addArchive(archive: string, files: Distribution): Promise<string> {
  if (archive.startsWith('local:')) return archive.slice('local:'.length);
  const name = archive.slice(archive.lastIndexOf('/') + 1);
  if (archive.startsWith('hdfs://')) return `${AT_WORK}/${await files.add({ uri: archive })}`;
  const path = archive.replace(/^file:(?:\/\/)?/, '');
  if (!existsSync(path)) throw new StepError('START_REFUSED', `PYSPARK_ARCHIVES_PATH names ${path}, which is not on this worker`);
  return `${AT_WORK}/${await files.put(name, { file: path }, { link: name })}`;
}

async function ofSparkHome(home: string | undefined): Promise<string[]> {
  if (home === undefined) return [];
  const folder = join(home, 'python', 'lib');
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => /^(?:pyspark|py4j-.*-src)\.zip$/.test(name))
    .toSorted((a, b) => (a < b ? 1 : -1))
    .map((name) => join(folder, name));
}
