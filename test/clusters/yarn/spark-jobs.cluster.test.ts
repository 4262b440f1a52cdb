// Spark jobs through the adapter on a real cluster: SQL and its outputs, JARs, secrets that only the driver sees, and how a failure is told.
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startYarn, type YarnCluster } from './cluster.ts';
import { app, ask } from './rest.ts';
import { SMALL, SparkJobs, type Started } from './spark-jobs.ts';

let yarn: YarnCluster;
let jobs: SparkJobs;
beforeAll(async () => {
  yarn = await startYarn({ spark: true });
  jobs = new SparkJobs(yarn);
});
afterAll(async () => {
  await jobs?.close();
  await yarn?.stop();
});

const SQL = `-- what ran; where
CREATE TEMPORARY VIEW routes AS SELECT id, concat('r;', id) AS name, CAST(NULL AS INT) AS n FROM range(3);
SELECT * FROM routes ORDER BY id;
SELECT 'a\\tb', 1.50BD, array(1, 2), 'ü', '\${env:REGION}';
INSERT OVERWRITE DIRECTORY '\${env:LONGSHORE_OUTPUT_DIR}/routes.csv' USING csv SELECT id, name FROM routes ORDER BY id;
INSERT OVERWRITE DIRECTORY '\${env:LONGSHORE_OUTPUT_DIR}/values' USING text SELECT concat('rows=', count(*)) FROM routes;
`;

test('SQL: rows on stdout, outputs from folders that Spark wrote', async () => {
  const outputs = { routes: { file: 'routes.csv' }, rows: { type: 'int' as const } };
  const started = await jobs.byRest({ ...SMALL, runType: 'sql', text: SQL }, { env: { REGION: 'we"st' }, outputs });
  expect(await jobs.ended(started)).toMatchObject({ final: 'succeeded' });
  expect(await jobs.log(started)).toContain('0\tr;0\tNULL\n1\tr;1\tNULL\n2\tr;2\tNULL\na\\tb\t1.50\t[1, 2]\tü\twe"st\n');
  const adapter = await jobs.adapter();
  await adapter.collect!(started.attempt, started.handle, { maxBytes: 1_000_000 });
  expect(await readFile(join(started.attempt.workspace.workDir, 'routes.csv'), 'utf8')).toBe('0,r;0\n1,r;1\n2,r;2\n');
  expect(await readFile(started.attempt.workspace.outputFile, 'utf8')).toBe('rows=3\n');
  await adapter.clean(started.attempt, started.handle);
});

test('SQL that fails says which statement, in which line', async () => {
  const started = await jobs.byRest({ ...SMALL, runType: 'sql', text: 'SELECT 1;\n\nSELECT * FROM nowhere;\nSELECT 2' });
  expect(await jobs.ended(started)).toMatchObject({ final: 'failed' });
  expect(await jobs.log(started, 'stderr')).toMatch(/^statement 2, line 3: \[TABLE_OR_VIEW_NOT_FOUND\]/m);
  expect(await jobs.log(started)).toBe('1\n');
});

const DEMO = `package demo;
import org.apache.spark.sql.*;
import org.apache.spark.api.java.function.MapFunction;
public class Main {
  public static void main(String[] args) {
    SparkSession spark = SparkSession.builder().getOrCreate();
    System.out.println(String.join("|", args) + " secret " + System.getenv("PASSWORD").equals(extra.Extra.SECRET));
    System.out.println(spark.range(1).map((MapFunction<Long, String>) x -> extra.Extra.SECRET.length() + " " + System.getenv("REGION") + " " + System.getenv("PASSWORD"), Encoders.STRING()).collectAsList());
    spark.stop();
  }
}`;
const SECRET = `p'a"s$s\`w\\ö{{PWD}}`;

async function makeJar(name: string, file: string, source: string, classPath: string): Promise<string> {
  const folder = join(yarn.folder, 'java', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), source);
  const tool = (program: string, args: string[]): unknown => execFileSync(join(yarn.javaHome, 'bin', program), args, { cwd: folder });
  tool('javac', ['-encoding', 'UTF-8', '-cp', classPath, '-d', 'classes', file]);
  tool('jar', ['cf', `${name}.jar`, '-C', 'classes', '.']);
  return join(folder, `${name}.jar`);
}

test('a JAR with another: its arguments, its variables, and a secret that nobody else is told', async () => {
  const literal = JSON.stringify(SECRET);
  const extra = await makeJar('extra', 'Extra.java', `package extra; public class Extra { public static final String SECRET = ${literal}; }`, '.');
  const main = await makeJar('main', 'Main.java', DEMO, `${yarn.spark!.home}/jars/*:${extra}`);
  const config = { ...SMALL, runType: 'jar', mainFile: `local:${main}`, mainClass: 'demo.Main', jars: [`local:${extra}`], args: ['`a`', '$(b)'] };
  const started = await jobs.byRest(config, { env: { REGION: 'we "st" $x' } }, new Map([['PASSWORD', SECRET]]));
  expect(await jobs.ended(started)).toMatchObject({ final: 'succeeded' });
  expect(await jobs.log(started)).toBe(`\`a\`|$(b) secret true\n[${SECRET.length} we "st" $x null]\n`);
  await expectNowhere(started, SECRET.slice(0, 5));
});

/** Not in what YARN shows of the application's containers. */
async function expectNowhere(started: Started, secret: string): Promise<void> {
  const container = /container_\w+/.exec((await app(yarn.rm, started.handle.id)).amContainerLogs!)![0];
  for (const name of ['launch_container.sh', 'directory.info', 'stderr', 'prelaunch.err']) {
    const { body } = await ask('GET', `${yarn.history}/ws/v1/history/containerlogs/${container}/${name}`);
    if (name === 'launch_container.sh') expect(body).toContain('longshore-secrets');
    expect(String(body)).not.toContain(secret);
  }
}

test('what the cluster does not say is refused before anything is started', async () => {
  const bare = new SparkJobs(yarn, { 'spark.yarn.jars': '' });
  const { attempt, plan } = await bare.prepare({ runType: 'py', text: 'print(1)' });
  const adapter = await bare.adapter();
  await expect(adapter.stage!(attempt, { plan, secrets: new Map(), signal: new AbortController().signal })).rejects.toMatchObject({
    code: 'START_REFUSED',
    message: expect.stringContaining('engines.spark.defaults'),
  });
  await bare.close();
});
