// What the renderer makes of a job, held against what Spark's own client made of it.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderSpark } from '../../../src/adapters/yarn/spark/render.ts';
import { SparkBench, startContainer, URI } from './spark-fixture.ts';
import golden from './spark-submit-4.3.0.json' with { type: 'json' };

const CONFIG = {
  runType: 'py',
  mainFile: { inline: 'print(1)\n', name: 'job.py' },
  args: ['a b', "it's", '$HOME "q" back\\slash', 'ü', '', '--conf'],
  pyFiles: [{ inline: 'X = 1\n', name: 'helper.py' }, 'local:/opt/lib/more.zip'],
  files: [{ inline: 'data\n', name: 'data.txt' }],
  jars: [{ inline: 'no jar\n', name: 'extra.jar' }, 'local:/opt/lib/other.jar'],
  archives: [{ inline: 'no archive\n', name: 'arch.zip' }],
  driverCores: 2,
  driverMemory: '512Mi',
  executorMemory: '512m',
  numExecutors: 1,
  driverJavaOptions: "-XX:TieredStopAtLevel=1 -Dfoo='a b'",
  driverClassPath: '/opt/none/*',
  conf: { 'spark.hadoop.my.key': 'val', 'spark.driver.memoryOverheadFactor': '0.2' },
};
const HADOOP = ['capacity-scheduler.xml', 'core-site.xml', 'hdfs-site.xml', 'log4j.properties', 'mapred-site.xml', 'yarn-site.xml'];
/** Names of files on the machine that submits, which nothing reads later. */
const OF_THE_CLIENT = /^spark\.(?:yarn\.dist\.|submit\.pyFiles$)/;

let bench: SparkBench;
beforeEach(async () => {
  bench = await SparkBench.make();
});
afterEach(() => bench.close());

async function rendered() {
  const home = join(bench.folder, 'home');
  const conf = join(bench.folder, 'conf');
  await mkdir(join(home, 'python', 'lib'), { recursive: true });
  await mkdir(conf);
  for (const name of ['pyspark.zip', 'py4j-0.10.9.9-src.zip']) await writeFile(join(home, 'python', 'lib', name), name);
  for (const name of HADOOP)
    await writeFile(
      join(conf, name),
      `<?xml version="1.0"?>\n<configuration><property><name>${name}</name><value>1</value></property></configuration>\n`,
    );
  const { attempt, plan, site } = await bench.prepare(CONFIG, {
    spec: { env: { REGION: 'we st' } },
    env: { HADOOP_CONF_DIR: conf, SPARK_HOME: home, PYSPARK_PYTHON: '/opt/python', SPARK_DIST_CLASSPATH: '/opt/dist/*' },
    defaults: {
      'spark.eventLog.enabled': 'false',
      'spark.yarn.preserve.staging.files': 'true',
      'spark.driver.extraLibraryPath': '/opt/native',
      'spark.driver.defaultJavaOptions': '-Dby=default',
    },
  });
  return await renderSpark(attempt, { plan, secrets: new Map(), signal: new AbortController().signal }, site);
}

/** Files of a zip, by a reader that is not ours. */
async function unzipped(zip: Buffer): Promise<Record<string, string>> {
  const file = join(bench.folder, 'read.zip');
  await writeFile(file, zip);
  const script = 'import json, sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nprint(json.dumps({n: z.read(n).decode() for n in z.namelist()}))';
  return JSON.parse((await promisify(execFile)('python3', ['-c', script, file])).stdout) as Record<string, string>;
}

const plain = (line: string): string =>
  line.replace(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))).replace(/\\(.)/g, '$1');
const properties = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => /^((?:\\.|[^=\\])*)=(.*)$/.exec(line)!.slice(1).map(plain) as [string, string]),
  );

test('environment, files, resources and attempts are those of Spark', async () => {
  const { environment, resources, resource, type, maxAttempts, name } = await rendered();
  expect(environment).toEqual(golden.environment);
  expect(Object.keys(resources).toSorted()).toEqual(golden.links);
  expect({ type, maxAttempts, name, resource }).toEqual({ type: 'SPARK', maxAttempts: 1, name: 'probe', resource: { memory: 896, vCores: 2 } });
});

test('the driver is started with the same words and variables, but one', async () => {
  const { command, environment } = await rendered();
  const [ours, sparks] = await Promise.all(
    [command, golden.command].map((line) => startContainer(bench, line, environment, ['LD_LIBRARY_PATH', 'REGION'])),
  );
  expect(ours!.words).toEqual(sparks!.words.filter((word) => word !== '--add-modules=jdk.incubator.vector'));
  expect(ours!.words).toContain('ü');
  expect(ours!.variables).toEqual(sparks!.variables);
});

test("the archive has the same files, Spark's properties and the list for executors", async () => {
  const { resources } = await rendered();
  const files = await unzipped(bench.staged.get('__spark_conf__.zip')!);
  expect(Object.keys(files).toSorted()).toEqual(golden.archive);
  const { 'spark.app.submitTime': time, ...conf } = properties(files['__spark_conf__.properties']!);
  expect(Number(time)).toBeGreaterThan(1.7e12);
  expect(conf).toEqual(Object.fromEntries(Object.entries(golden.properties).filter(([name]) => !OF_THE_CLIENT.test(name))));

  const cache = properties(files['__spark_dist_cache__.properties']!);
  const list = (what: string): string[] => cache[`spark.yarn.cache.${what}`]!.split(',');
  expect(list('filenames').map((uri) => uri.split('#')[1])).toEqual(golden.cache.links);
  expect(list('types')).toEqual(golden.cache.types);
  expect(cache['spark.yarn.cache.confArchive']).toBe(`${URI}/__spark_conf__.zip`);
  const told = list('filenames').map((uri, at) => ({
    uri: uri.split('#')[0],
    size: Number(list('sizes')[at]),
    timestamp: Number(list('timestamps')[at]),
  }));
  expect(told).toEqual(
    golden.cache.links.map((link) => ({ uri: resources[link]!.uri, size: resources[link]!.size, timestamp: resources[link]!.timestamp })),
  );
});

test("Spark lays the worker's Hadoop configuration over that of the nodes", async () => {
  await rendered();
  const files = await unzipped(bench.staged.get('__spark_conf__.zip')!);
  const names = [...files['__spark_hadoop_conf__.xml']!.matchAll(/<name>([^<]*)<\/name>/g)].map(([, name]) => name);
  expect(names).toEqual(['core-site.xml', 'hdfs-site.xml', 'mapred-site.xml', 'yarn-site.xml']);
});
