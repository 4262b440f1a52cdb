// An archive of the classes that the servers load (CDS): with it they start in a third of the time. Made once, by a cluster that only starts.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cached } from '../cache.ts';
import { findJava } from '../tools.ts';
import { TIMELINE_ON, writeConf, type Layout } from './conf.ts';
import { hadoopJars, ourJar } from './jars.ts';
import { reservePorts } from './ports.ts';
import { ask } from './rest.ts';
import { Server, type Java } from './server.ts';
import { until } from './until.ts';

/** Everything that a JVM of a cluster needs, from the cache or made now. */
export async function provideJava(say: (line: string) => void): Promise<Java> {
  // First: with an empty cache it names every program that is missing, with a full one it needs no Maven.
  const jars = await hadoopJars(say);
  const { home, version } = await findJava();
  const jar = await ourJar(home, version, jars);
  const java: Java = { home, jars, classpath: `${jar}:${join(jars, '*')}` };
  const folder = await cached('yarn-archive', [home, version, java.classpath], async (folder) => {
    say('making an archive of loaded classes, once');
    await train(java, join(folder, 'servers.jsa'));
  });
  return { ...java, archive: join(folder, 'servers.jsa') };
}

async function train(java: Java, archive: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-yarn-archive-'));
  const { ports, release } = await reservePorts();
  const layout: Layout = { folder, nodes: join(folder, 'nodes'), confDir: join(folder, 'conf'), classpath: '', ports };
  const args = [...TIMELINE_ON, 'rm', 'nm', 'timeline', 'history', 'namenode', 'datanode'];
  const server = new Server({ name: 'all', java, layout, args, flags: [`-XX:ArchiveClassesAtExit=${archive}`] });
  try {
    await mkdir(layout.nodes);
    await writeConf(layout, {});
    server.start();
    const { rmWeb, nmWeb, historyWeb, timelineWeb } = layout.ports;
    const asked = [`${rmWeb}/ws/v1/cluster/apps`, `${nmWeb}/ws/v1/node/containers`, `${historyWeb}/ws/v1/history/info`];
    for (const path of [...asked, `${timelineWeb}/ws/v1/applicationhistory/apps`]) {
      await until(async () => (await ask('GET', `http://127.0.0.1:${path}`)).status === 200, { server });
    }
    await server.end(60_000);
    if (!existsSync(archive)) throw new Error(`Java in ${dirname(java.classpath)} wrote no archive of loaded classes`);
  } finally {
    await server.kill();
    await release();
    await rm(folder, { recursive: true, force: true });
  }
}
