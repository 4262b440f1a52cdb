import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { startYarn, type YarnCluster } from './cluster.ts';
import { app, appsByTag, ask, kill, submit } from './rest.ts';

let yarn: YarnCluster | undefined;
afterEach(async () => {
  await yarn?.stop();
  yarn = undefined;
});

const PATIENCE = { timeout: 120_000, interval: 100 } as const;
const until = async (id: string, state: string, rm = yarn!.rm) => await expect.poll(async () => (await app(rm, id)).state, PATIENCE).toBe(state);

test('without recovery a restarted ResourceManager knows nothing, and nothing goes on', async () => {
  yarn = await startYarn({ recovery: false });
  const id = await submit(yarn, { script: 'sleep 600', tags: ['lost'] });
  await until(id, 'RUNNING');
  await yarn.killRm();
  await yarn.startRm();
  await yarn.waitReady();
  expect(await appsByTag(yarn.rm, 'lost')).toEqual([]);
  await expect(app(yarn.rm, id)).rejects.toThrow('answered 404');
});

test('applications that ended are forgotten beyond the limit, and the timeline server still knows them', async () => {
  yarn = await startYarn({ maxCompletedApplications: 1 });
  const ids: string[] = [];
  for (const script of ['exit 7', 'true']) {
    const id = await submit(yarn, { script, tags: ['all'] });
    await until(id, 'FINISHED');
    ids.push(id);
  }
  const [forgotten, kept] = ids;
  await expect.poll(async () => (await appsByTag(yarn!.rm, 'all')).map(({ id }) => id), PATIENCE).toEqual([kept]);
  const known = await ask('GET', `${yarn.timeline}/ws/v1/applicationhistory/apps/${forgotten}`);
  expect(known.body).toMatchObject({ app: { finalAppStatus: 'FAILED', diagnosticsInfo: 'exit code 7' } });
});

test('HDFS holds its permissions', async () => {
  yarn = await startYarn({ hdfs: true });
  const file = `${yarn.webhdfs}/webhdfs/v1/staging/secret`;
  const { location } = await ask('PUT', `${file}?op=CREATE&permission=600&user.name=alice`);
  expect((await ask('PUT', location!, 'hers')).status).toBe(201);
  const read = await ask('GET', `${file}?op=OPEN&user.name=alice`);
  expect((await ask('GET', read.location!)).body).toBe('hers');
  expect((await ask('GET', `${file}?op=OPEN&user.name=bob`)).status).toBe(403);
  const id = await submit(yarn, { script: 'true' });
  await until(id, 'FINISHED');
});

test('of two ResourceManagers the standby redirects, and takes over what runs', async () => {
  yarn = await startYarn({ ha: true });
  const [first = '', second = ''] = yarn.rms;
  const id = await submit(yarn, { script: 'sleep 600' });
  await until(id, 'RUNNING');
  const moved = await ask('GET', `${second}/ws/v1/cluster/apps/${id}`);
  expect(moved).toMatchObject({ status: 307, location: expect.stringContaining(new URL(first).port) as string });
  await yarn.killRm();
  expect(await ask('GET', `${second}/ws/v1/cluster/apps/${id}`)).toMatchObject({ status: 307, location: undefined });
  await yarn.failOver(1);
  await until(id, 'RUNNING', second);
  await yarn.startRm();
  expect((await ask('GET', `${first}/ws/v1/cluster/apps/${id}`)).status).toBe(307);
  await kill(second, id);
  await until(id, 'KILLED', second);
});

test('Spark runs a program on the cluster, found by its tag', { timeout: 900_000 }, async () => {
  yarn = await startYarn({ spark: true });
  const { home, python } = yarn.spark!;
  const program = join(yarn.folder, 'program.py');
  await writeFile(
    program,
    'from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\nassert spark.sparkContext.parallelize(range(10), 2).sum() == 45\n',
  );
  const conf = {
    'spark.yarn.tags': 'by-spark',
    'spark.yarn.stagingDir': `file://${yarn.folder}/staging`,
    'spark.yarn.jars': `local:${home}/jars/*`,
    'spark.yarn.maxAppAttempts': '1',
    'spark.ui.enabled': 'false',
    'spark.executor.instances': '1',
    'spark.driver.memory': '512m',
    'spark.executor.memory': '512m',
    'spark.yarn.appMasterEnv.PYSPARK_PYTHON': python,
    'spark.executorEnv.PYSPARK_PYTHON': python,
  };
  const args = [
    '--master',
    'yarn',
    '--deploy-mode',
    'cluster',
    '--queue',
    'etl',
    ...Object.entries(conf).flatMap(([k, v]) => ['--conf', `${k}=${v}`]),
  ];
  const env = { ...process.env, SPARK_HOME: home, PYSPARK_PYTHON: python, HADOOP_CONF_DIR: yarn.confDir, HADOOP_USER_NAME: 'alice' };
  await promisify(execFile)(join(home, 'bin', 'spark-submit'), [...args, program], { env: { ...env, JAVA_HOME: yarn.javaHome } });
  expect(await appsByTag(yarn.rm, 'by-spark')).toMatchObject([
    { applicationType: 'SPARK', finalStatus: 'SUCCEEDED', queue: 'root.etl', user: 'alice' },
  ]);
});
