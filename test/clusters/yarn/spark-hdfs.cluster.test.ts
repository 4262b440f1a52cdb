// Spark on a cluster whose files lie on HDFS: Spark itself as an archive there, so that nodes need nothing of it.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startYarn, type YarnCluster } from './cluster.ts';
import { SMALL, SparkJobs } from './spark-jobs.ts';

let yarn: YarnCluster;
let jobs: SparkJobs;
beforeAll(async () => {
  yarn = await startYarn({ spark: true, hdfs: true });
  jobs = new SparkJobs(yarn, { 'spark.yarn.archive': `${yarn.hdfs}/tmp/spark-jars.zip` });
  await putArchive();
});
afterAll(async () => {
  await jobs?.close();
  await yarn?.stop();
});

/** As an administrator does once for each version of Spark. */
async function putArchive(): Promise<void> {
  const zip = join(yarn.folder, 'spark-jars.zip');
  const script = `import os, sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w") as z:
    [z.write(os.path.join(sys.argv[1], name), name) for name in os.listdir(sys.argv[1])]`;
  execFileSync('python3', ['-c', script, join(yarn.spark!.home, 'jars'), zip]);
  const url = `${yarn.webhdfs}/webhdfs/v1/tmp/spark-jars.zip?op=CREATE&overwrite=true&permission=644&noredirect=true&user.name=${yarn.superuser}`;
  const { Location } = (await (await fetch(url, { method: 'PUT' })).json()) as { Location: string };
  // fetch takes no 100 from a DataNode.
  const put = request(Location, { method: 'PUT' });
  const answered = once(put, 'response');
  await pipeline(createReadStream(zip), put);
  const [answer] = (await answered) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(201);
  await rm(zip);
}

test('a Python job from HDFS: its files, its outputs, and a secret', async () => {
  const program = `
import os
from pyspark.sql import SparkSession
import helper
spark = SparkSession.builder.getOrCreate()
print(helper.NAME, os.environ["PASSWORD"], spark.sparkContext.parallelize(range(4), 2).map(lambda x: x * x).sum())
spark.createDataFrame([(1, "a"), (2, "b")], "id int, name string").coalesce(1).write.csv(os.environ["LONGSHORE_OUTPUT_DIR"] + "/routes.csv")
spark.stop()
`;
  const config = { ...SMALL, runType: 'py', text: program, pyFiles: [{ inline: 'NAME = "helper"\n', name: 'helper.py' }] };
  const started = await jobs.byRest(config, { outputs: { routes: { file: 'routes.csv' } } }, new Map([['PASSWORD', `it's`]]));
  expect(await jobs.ended(started)).toMatchObject({ final: 'succeeded' });
  expect(await jobs.log(started)).toContain(`helper it's 14\n`);
  const adapter = await jobs.adapter();
  await adapter.collect!(started.attempt, started.handle, { maxBytes: 1_000_000 });
  expect(execFileSync('cat', [join(started.attempt.workspace.workDir, 'routes.csv')]).toString()).toBe('1,a\n2,b\n');
});

test('a file that is not there is refused before anything is started', async () => {
  const { attempt, plan } = await jobs.prepare({ runType: 'py', text: 'print(1)', files: [`${yarn.hdfs}/tmp/absent.csv`] });
  const adapter = await jobs.adapter();
  const staging = adapter.stage!(attempt, { plan, secrets: new Map(), signal: new AbortController().signal });
  await expect(staging).rejects.toMatchObject({ code: 'START_REFUSED', message: expect.stringContaining('absent.csv') });
});
