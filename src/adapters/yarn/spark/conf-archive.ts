// __spark_conf__.zip: the configuration of Spark and Hadoop that driver and executors have on their class path.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { propertiesText } from './properties.ts';
import type { Settings } from './settings.ts';

/** Zip's first day: the same configuration is the same archive. */
const DATE = { mtime: new Date(1980, 0, 1), mode: 0o100644, compress: false };
const HADOOP_FOLDER = '__hadoop_conf__';
/** Of SPARK_CONF_DIR, for Spark itself. */
const SPARK_FILES = /^(?:log4j2\.(?:ya?ml|jso?n|xml|properties)|metrics\.properties)$/;
/** In the order in which Hadoop reads them. */
const SITES = ['core-site.xml', 'hdfs-site.xml', 'mapred-site.xml', 'yarn-site.xml'];

export interface Configuration {
  readonly settings: Settings;
  readonly cache: Iterable<readonly [string, string]>;
  readonly hadoop: ReadonlyMap<string, Buffer>;
  readonly spark: ReadonlyMap<string, Buffer>;
}

export async function confArchive({ settings, cache, hadoop, spark }: Configuration): Promise<Buffer> {
  const zip = new ZipFile();
  const add = (name: string, content: Buffer | string): void => zip.addBuffer(Buffer.from(content), name, DATE);
  for (const [name, content] of spark) add(name, content);
  zip.addEmptyDirectory(HADOOP_FOLDER, { mtime: DATE.mtime, mode: 0o40755 });
  for (const [name, content] of hadoop) add(`${HADOOP_FOLDER}/${name}`, content);
  add('__spark_hadoop_conf__.xml', merged(hadoop));
  add('__spark_conf__.properties', propertiesText(settings));
  add('__spark_dist_cache__.properties', propertiesText(cache));
  zip.end();
  return await buffer(zip.outputStream);
}

/** The worker's own Hadoop and Spark configuration; a folder that is not here is none. */
export async function readConfiguration(env: Record<string, string>): Promise<Pick<Configuration, 'hadoop' | 'spark'>> {
  const sparkFolder = env['SPARK_CONF_DIR'] ?? (env['SPARK_HOME'] === undefined ? undefined : join(env['SPARK_HOME'], 'conf'));
  const ofSpark = await filesOf(sparkFolder, /\.xml$|^log4j2\.|^metrics\.properties$/);
  const hadoop = new Map([...ofSpark].filter(([name]) => name.endsWith('.xml') && !SPARK_FILES.test(name)));
  for (const folder of [env['HADOOP_CONF_DIR'], env['YARN_CONF_DIR']])
    for (const [name, content] of await filesOf(folder, /./)) if (!hadoop.has(name)) hadoop.set(name, content);
  return { hadoop, spark: new Map([...ofSpark].filter(([name]) => SPARK_FILES.test(name))) };
}

async function filesOf(folder: string | undefined, names: RegExp): Promise<Map<string, Buffer>> {
  const entries = folder === undefined ? [] : await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = new Map<string, Buffer>();
  for (const { name } of entries.filter(({ name }) => names.test(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    // A folder, or what this worker may not read, is left out, as Spark does.
    const content = await readFile(join(folder!, name)).catch(() => undefined);
    if (content !== undefined) found.set(name, content);
  }
  return found;
}

/** What Spark lays over the Hadoop configuration of the nodes. Hadoop reads a <configuration> within another. */
function merged(hadoop: ReadonlyMap<string, Buffer>): string {
  const bodies = SITES.flatMap((name) => /<configuration[\s>][\s\S]*<\/configuration>/.exec(hadoop.get(name)?.toString('utf8') ?? '') ?? []);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<configuration>\n${bodies.join('\n')}\n</configuration>\n`;
}
