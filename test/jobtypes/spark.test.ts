// Job type spark as a user meets it: what is refused and why, what is planned, what nobody may set.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSpec } from '../../src/compose/check.ts';
import type { Deps } from '../../src/core/deps.ts';
import { parse } from '../../src/specs/validate.ts';
import { createAdapterRegistry } from '../../src/adapters/registry.ts';
import { mebibytes } from '../../src/jobtypes/spark/config.schema.ts';
import { SPARK_FORBIDDEN } from '../../src/jobtypes/spark/forbidden.ts';
import { spark } from '../../src/jobtypes/spark/index.ts';
import { createJobTypeRegistry } from '../../src/jobtypes/registry.ts';
import { LongshoreError } from '../../src/specs/errors.ts';
import { filesIn } from '../../src/specs/schema-walk.ts';
import { jobSpecSchema } from '../../src/specs/job.schema.ts';
import { SparkBench } from '../adapters/yarn/spark-fixture.ts';

let bench: SparkBench;
beforeAll(async () => {
  bench = await SparkBench.make();
});
afterAll(() => bench.close());

const PY = { runType: 'py', text: 'print(1)' };
const SQL = { runType: 'sql', text: 'SELECT 1' };
const JAR = { runType: 'jar', mainFile: './app.jar', mainClass: 'demo.Main' };

/** Each wrong place with its reason. */
function wrong(config: unknown): [string, string][] {
  try {
    parse(spark.config, config);
    return [];
  } catch (error) {
    if (!(error instanceof LongshoreError)) throw error;
    return error.errors?.map(({ path, message }) => [path, message]) ?? [];
  }
}
const one = (place: string, reason: string): unknown => [[place, expect.stringContaining(reason)]];

describe('configuration', () => {
  test('every run type has one that is enough', () => {
    for (const config of [PY, SQL, JAR, { runType: 'py', mainFile: 'hdfs://nn:8020/a/job.py' }, { runType: 'sql', mainFile: 'local:/opt/a.sql' }])
      expect(wrong(config)).toEqual([]);
  });

  test('combinations that cannot work say where and why', () => {
    expect(wrong({ runType: 'scala', text: 'x' })).toEqual(one('/runType', 'one of jar, py, sql'));
    expect(wrong({ runType: 'jar', mainFile: './a.jar' })).toEqual(one('/mainClass', 'is required with run type jar'));
    expect(wrong({ runType: 'jar', mainClass: 'a.B' })).toEqual(one('/mainFile', 'is required'));
    expect(wrong({ ...JAR, text: 'x' })[0]).toEqual(['/text', expect.stringContaining('only for the run types py and sql')]);
    expect(wrong({ ...PY, mainClass: 'a.B' })).toEqual(one('/mainClass', 'only for run type jar'));
    expect(wrong({ ...PY, mainFile: './a.py' })).toEqual(one('/text', 'beside mainFile'));
    expect(wrong({ runType: 'py' })).toEqual(one('/mainFile', 'or text'));
    expect(wrong({ ...SQL, args: ['x'] })).toEqual(one('/args', '${env:NAME}'));
    expect(wrong({ runType: 'py', mainFile: './a.sql' })).toEqual(one('/mainFile', '.py file'));
    expect(wrong({ ...JAR, mainClass: '--conf' })).toEqual(one('/mainClass', 'full name of a class'));
    expect(wrong({ ...PY, jar: [] })).toEqual(one('/jar', 'did you mean "jars"'));
  });

  test('files: where from, what they are called, never two of one name', () => {
    for (const file of ['s3://b/a.jar', 'http://x/a.jar', '/a.jar', 'file:///a.jar'])
      expect(wrong({ ...PY, jars: [file] })).toEqual(one('/jars/0', 'must be ./file'));
    for (const file of ['hdfs://nn/a b.jar', 'hdfs://nn/$(id).jar', 'local:/a,b.jar', 'local:a.jar', 'hdfs://nn/{{PWD}}/a.jar'])
      expect(wrong({ ...PY, jars: [file] })).toEqual(one('/jars/0', 'absolute path'));
    expect(wrong({ ...PY, files: ['./my file.csv'] })).toEqual(one('/files/0', 'must have a name'));
    expect(wrong({ ...PY, files: [{ inline: '', name: '__spark_conf__' }] })).toEqual(one('/files/0', 'another name'));
    expect(wrong({ ...PY, files: ['./a/x.csv'], archives: ['hdfs://nn/b/x.csv'] })).toEqual(one('/archives/0', 'second file called x.csv'));
    expect(wrong({ ...PY, files: ['local:/a/x', 'local:/b/x', './x'], archives: ['hdfs://nn/b.zip#y'] })).toEqual([]);
    expect(wrong({ ...PY, files: [{ inline: '1' }, { inline: '2' }] })).toEqual(one('/files/1', 'second file called inline'));
  });

  test('files are found wherever they stand, so that they are uploaded and checked', () => {
    const config = { ...JAR, jars: ['./b.jar', 'hdfs://nn/c.jar'], conf: { 'spark.x': './no' } };
    expect(filesIn(spark.config, config).map(({ value }) => value)).toEqual(['./app.jar', './b.jar', 'hdfs://nn/c.jar']);
  });

  test('sizes, as Longshore and as Spark write them', () => {
    expect(['512Mi', '2Gi', '512m', '2g', '1000M', '1048577'].map(mebibytes)).toEqual([512, 2048, 512, 2048, 954, 2]);
    for (const driverMemory of ['512', '0Mi', '2gb', 'x', '-1', '1.5g', ''])
      expect(wrong({ ...PY, driverMemory })).toEqual(one('/driverMemory', 'size with its unit'));
    expect(wrong({ ...PY, executorMemory: '17Ti' })).toEqual(one('/executorMemory', 'at most 16Ti'));
  });

  test('nothing that a script on a node would read', () => {
    for (const driverClassPath of ['a"b', '$(id)', '`id`', 'a\\b', '{{PWD}}/x', 'a\nb', '<CPS>'])
      expect(wrong({ ...PY, driverClassPath })).toEqual(one('/driverClassPath', 'must not contain'));
    expect(wrong({ ...PY, driverJavaOptions: '-Da=1 -Xmx4g' })).toEqual(one('/driverJavaOptions', 'use driverMemory'));
    expect(wrong({ ...PY, driverJavaOptions: "-Da='b" })).toEqual(one('/driverJavaOptions', 'quote'));
    for (const name of ['sparkx', 'hadoop.x', 'spark.a b', 'spark.a\nspark.master', 'spark.'])
      expect(wrong({ ...PY, conf: { [name]: '1' } })[0]?.[1], name).toContain('property of Spark');
  });
});

describe('plan', () => {
  test('carries who the job is, its settings, and each file by its place', async () => {
    const config = {
      ...JAR,
      mainFile: 'hdfs://nn/app.jar',
      args: ['a'],
      files: [{ inline: '1', name: 'x.csv' }, { inline: '2' }],
      numExecutors: 3,
      executorMemory: '2Gi',
      conf: { 'spark.a': 'b' },
    };
    const { plan } = await bench.prepare(config, { spec: { queue: 'etl', group: 'marketing', user: 'alice' } });
    expect(plan).toMatchObject({
      template: 'spark',
      data: {
        id: '77',
        execName: 'probe',
        fromApp: 'test',
        queue: 'etl',
        group: 'marketing',
        user: 'alice',
        job: {
          runType: 'jar',
          main: { uri: 'hdfs://nn/app.jar' },
          mainClass: 'demo.Main',
          args: ['a'],
          files: [{ file: 'x.csv' }, { file: 'files-1' }],
          properties: { 'spark.a': 'b', 'spark.executor.instances': '3', 'spark.executor.memory': '2048m' },
        },
      },
    });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test('inline programs become files', async () => {
    expect((await bench.prepare(PY)).plan.data).toMatchObject({ user: null, job: { runType: 'py', main: { file: 'main.py' } } });
    expect((await bench.prepare(SQL)).plan.data).toMatchObject({ job: { runType: 'sql', main: { file: 'main.sql' } } });
  });
});

describe('what nobody may set', () => {
  const app = { grants: { clusters: ['prod'], workers: ['default'], queues: ['default'], users: [], secrets: [] } };
  const engines = { spark: { forbidden: [{ name: 'spark.speculation', use: 'nothing', description: 'it doubles the load' }] } };
  const stored: Record<string, unknown> = {
    App: { name: 'etl', ...app },
    Cluster: { name: 'prod', type: 'yarn', config: {}, engines },
  };
  const deps = {
    adapters: createAdapterRegistry(),
    jobTypes: createJobTypeRegistry(),
    store: { definitions: { get: async (kind: string) => ({ spec: stored[kind] }) } },
  } as unknown as Deps;
  const check = (conf: Record<string, string>) =>
    checkSpec(deps, 'etl', jobSpecSchema.parse({ name: 'a', type: 'spark', cluster: 'prod', config: { ...PY, conf } })).then(
      () => 'allowed',
      (error: unknown) => `${(error as LongshoreError).code}: ${(error as Error).message}`,
    );

  test('every rule refuses, and says what to use', async () => {
    for (const { name, use } of SPARK_FORBIDDEN) {
      const said = await check({ [name.replace('*', 'x')]: '1' });
      expect(said, name).toMatch(/^CONF_FORBIDDEN: Jobs of type "spark" cannot set /);
      expect(said).toContain(`: use ${use}.`);
    }
  });

  test('the list that users know, and what would leave Longshore', async () => {
    const names = [
      'spark.yarn.queue',
      'spark.driver.cores',
      'spark.driver.memory',
      'spark.executor.instances',
      'spark.executor.cores',
      'spark.executor.memory',
    ];
    names.push('spark.driver.extraJavaOptions', 'spark.driver.extraLibraryPath', 'spark.jars', 'spark.jars.packages', 'spark.submit.deployMode');
    names.push(
      'spark.yarn.dist.files',
      'spark.yarn.keytab',
      'spark.yarn.tags',
      'spark.yarn.appMasterEnv.LONGSHORE_KEY',
      'spark.hadoop.yarn.resourcemanager.address',
    );
    for (const name of names) expect(await check({ [name]: '1' }), name).toContain('CONF_FORBIDDEN');
  });

  test("the cluster's own rules stand beside them, and all else is allowed", async () => {
    expect(await check({ 'spark.speculation': 'true' })).toBe(
      'CONF_FORBIDDEN: Cluster "prod" forbids spark.speculation (it doubles the load): use nothing.',
    );
    expect(await check({ 'spark.sql.shuffle.partitions': '8', 'spark.executorEnv.TZ': 'UTC', 'spark.yarn.maxAppAttempts': '2' })).toBe('allowed');
  });
});
