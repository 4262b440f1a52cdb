// `npm run cluster:yarn`: a YARN cluster for first tries, until Ctrl-C.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startYarn, type YarnCluster } from './cluster.ts';
import { documents } from './document.ts';

const HELP = `npm run cluster:yarn [-- --hdfs --spark]

Starts a real YARN cluster on this machine and stops it on Ctrl-C. The first time it downloads Hadoop (100 MB).

  --hdfs   with a NameNode and a DataNode
  --spark  with Spark for clients; the first time it downloads 456 MB more
  --help   this text
`;
const { values } = parseArgs({ options: { hdfs: { type: 'boolean' }, spark: { type: 'boolean' }, help: { type: 'boolean' } } });
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (values.help) say(HELP);
else await main();

async function main(): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const begun = Date.now();
  const starting = startYarn({ hdfs: values.hdfs ?? false, spark: values.spark ?? false, say: (line) => say(`${line} …`) });
  await Promise.race([starting, stopped]);
  say('starting …');
  const cluster = await starting;
  say(`\nYARN is up after ${((Date.now() - begun) / 1_000).toFixed(1)} s. Ctrl-C stops it.\n`);
  say(addresses(cluster));
  const file = join(cluster.folder, 'longshore.yaml');
  await writeFile(file, documents(cluster));
  say(`Tell Longshore of it, and run the first job there:\n
  bin/longshore.cjs apply -f ${file}
  bin/longshore.cjs run examples/hello.yaml --set cluster=yarn\n`);
  await stopped;
  say('stopping …');
  await cluster.stop();
}

function addresses(cluster: YarnCluster): string {
  const { rm, nm, history, timeline, hdfs, webhdfs, confDir, spark } = cluster;
  const lines = { ResourceManager: rm, NodeManager: nm, 'job history': history, timeline, HDFS: hdfs, WebHDFS: webhdfs };
  const more = { HADOOP_CONF_DIR: confDir, SPARK_HOME: spark?.home, PYSPARK_PYTHON: spark?.python };
  return Object.entries({ ...lines, ...more })
    .flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(16)} ${value}\n`]))
    .join('');
}
