// A Spark job is the same job whether the ResourceManager's REST API is told of it or Spark's own client tells: same record, same settings,
// same results.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startYarn, type YarnCluster } from './cluster.ts';
import { app } from './rest.ts';
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

const PROGRAM = `
import json, os, sys
import helper
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
sc = spark.sparkContext
there = lambda _: (helper.SQUARE(7), os.environ.get("REGION"), open("data.txt").read(), sorted(os.listdir(".")))
print("SEEN " + json.dumps({
    "args": sys.argv[1:],
    "conf": dict(sc.getConf().getAll()),
    "env": {n: os.environ.get(n) for n in ("REGION", "LONGSHORE_JOB_ID", "LONGSHORE_ATTEMPT", "PYTHONHASHSEED", "SPARK_USER", "LC_ALL", "HADOOP_CONF_DIR")},
    "files": sorted(os.listdir(".")),
    "sum": sc.parallelize(range(100), 2).map(helper.SQUARE).sum(),
    "executor": sc.parallelize([0], 1).map(there).collect()[0],
    "hadoop": {n: sc._jsc.hadoopConfiguration().get(n) for n in ("fs.defaultFS", "yarn.resourcemanager.webapp.address", "my.key")},
}))
spark.stop()
`;
const CONFIG = {
  ...SMALL,
  runType: 'py',
  mainFile: { inline: PROGRAM, name: 'job.py' },
  args: ['a b', "it's", '$HOME "q"', 'ü€', '', '--conf', 'a\nb'],
  pyFiles: [{ inline: 'SQUARE = lambda x: x * x\n', name: 'helper.py' }],
  files: [{ inline: 'data\n', name: 'data.txt' }],
  conf: { 'spark.hadoop.my.key': 'value', 'spark.sql.shuffle.partitions': '3', 'spark.odd': 'ü=:#! x' },
};

/** Ids, ports, times and places, and names of files on the machine that submitted, which nothing reads. */
const OWN =
  /^spark\.(?:app\.(?:id|startTime|submitTime)|driver\.port|yarn\.(?:app\..*|tags|stagingDir|dist\..*)|submit\.pyFiles|(?:yarn\.appMasterEnv|executorEnv)\.LONGSHORE_(?:KEY|OUTPUT_DIR)|.*PROXY_URI_BASES)$/;

interface Seen {
  readonly conf: Record<string, string>;
  readonly args: readonly string[];
  readonly sum: number;
}
async function seenBy(started: Started): Promise<Seen> {
  expect(await jobs.ended(started)).toMatchObject({ final: 'succeeded' });
  const line = (await jobs.log(started)).split('\n').find((text) => text.startsWith('SEEN '))!;
  const seen = JSON.parse(line.slice('SEEN '.length)) as Seen;
  return { ...seen, conf: Object.fromEntries(Object.entries(seen.conf).filter(([name]) => !OWN.test(name))) };
}

/** What both ResourceManager's records of the job should have in common. */
async function recordOf({ attempt, handle }: Started): Promise<object> {
  const found = await app(yarn.rm, handle.id);
  const { name, user, queue, applicationType, finalStatus, diagnostics, applicationTags } = found;
  const tags = applicationTags.split(',').map((tag) => tag.replace(attempt.ref.key, 'KEY'));
  const { amNodeLabelExpression, unmanagedApplication } = found as unknown as Record<string, unknown>;
  return { name, user, queue, applicationType, finalStatus, diagnostics, tags: tags.toSorted(), amNodeLabelExpression, unmanagedApplication };
}

test('both ways: one record, one configuration, one result; and by REST it is accepted ten times as fast', async () => {
  const spec = { env: { REGION: 'we "st" $x' } };
  const rest = await jobs.byRest(CONFIG, spec);
  const ours = await seenBy(rest);
  const submitted = await jobs.bySparkSubmit(CONFIG, spec);
  const sparks = await seenBy(submitted);

  expect(ours).toEqual(sparks);
  expect(ours).toMatchObject({ args: CONFIG.args, sum: 328350, conf: { 'spark.odd': 'ü=:#! x', 'spark.executor.instances': '1' } });

  expect(await recordOf(rest)).toEqual(await recordOf(submitted));
  expect(await recordOf(rest)).toMatchObject({ name: 'spark-job', user: 'alice', queue: 'root.etl', applicationType: 'SPARK', diagnostics: '' });

  // The first one found a cold cluster: these are stopped as soon as they are accepted.
  const adapter = await jobs.adapter();
  const again: number[] = [];
  for (let count = 0; count < 3; count++) {
    const started = await jobs.byRest(CONFIG);
    again.push(started.acceptedMs);
    await adapter.stop(started.attempt, started.handle, { force: true, graceMs: 0 });
  }
  const [, median = 0] = again.toSorted((a, b) => a - b);
  process.stderr.write(`from start to ACCEPTED: REST ${rest.acceptedMs} ms, then ${median} ms; spark-submit ${submitted.acceptedMs} ms\n`);
  expect(submitted.acceptedMs / median).toBeGreaterThan(10);
});
