// A real YARN on this machine: ResourceManager, NodeManager, history and timeline server, on demand HDFS and Spark, in a folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provideJava } from './archive.ts';
import { TIMELINE_ON, writeConf, type Layout, type Ports, type Properties } from './conf.ts';
import { makeActive } from './failover.ts';
import { reservePorts } from './ports.ts';
import { activeNodes, ask } from './rest.ts';
import { quickStart, Server } from './server.ts';
import { provideSpark, type Spark } from './spark.ts';
import { until } from './until.ts';

export interface YarnOptions {
  /** ResourceManager and NodeManager go on after a restart with what was running. Default: true; false forgets applications. */
  readonly recovery?: boolean;
  /** Applications that have ended and are still known; an older one is forgotten. Default: 1000. */
  readonly maxCompletedApplications?: number;
  /** Two ResourceManagers; the first is active. See failOver(). */
  readonly ha?: boolean;
  /** A NameNode and a DataNode, with permissions, as the default file system. */
  readonly hdfs?: boolean;
  /** Spark for clients. Takes half a gigabyte of the cache. */
  readonly spark?: boolean;
  /** Default: free ones. */
  readonly ports?: Partial<Ports>;
  /** Added to yarn-site.xml. */
  readonly yarnSite?: Properties;
  /** Added to the environment of the servers. */
  readonly env?: Readonly<Record<string, string>>;
  /** Is told what takes long. */
  readonly say?: (line: string) => void;
}

/** 0 is the first ResourceManager. */
type Which = 0 | 1;

export interface YarnCluster {
  /** Everything temporary, the servers' logs included; removed by stop(). */
  readonly folder: string;
  /** Web addresses, http://127.0.0.1:PORT. */
  readonly rm: string;
  /** Of both ResourceManagers with `ha`; else of the one. */
  readonly rms: readonly string[];
  readonly nm: string;
  readonly history: string;
  readonly timeline: string;
  /** hdfs://127.0.0.1:PORT, with `hdfs`. */
  readonly hdfs?: string;
  readonly webhdfs?: string;
  readonly spark?: Spark;
  /** A HADOOP_CONF_DIR for clients. */
  readonly confDir: string;
  /** Hadoop's jars. */
  readonly libDir: string;
  /** yarn.application.classpath */
  readonly classpath: string;
  readonly javaHome: string;
  /** Command of an application master that runs the bash script named after it; the script's exit code decides. */
  readonly shellMaster: string;
  /** Owner of the HDFS. */
  readonly superuser: string;
  readonly rmPid: number;
  readonly nmPid: number;
  /** SIGKILL. With `ha`, 1 means the second ResourceManager. */
  killRm(which?: Which): Promise<void>;
  /** Starts it again, on the same ports and state; resolves when it answers. With `ha` it is standby then. */
  startRm(which?: Which): Promise<void>;
  freezeRm(which?: Which): void;
  thawRm(which?: Which): void;
  /** Kills the NodeManager, and with it history and timeline server, which share its JVM. Containers live on (with recovery). */
  killNm(): Promise<void>;
  startNm(): Promise<void>;
  /**
   * With `ha`: makes this ResourceManager the active one. A frozen one learns nothing of it and thinks itself active when it thaws: nothing fences
   * it off. Takes a few seconds.
   */
  failOver(to: Which): Promise<void>;
  /** Resolves when every server answers and the node is there. */
  waitReady(): Promise<void>;
  /** Ends every server and container and removes the folder. */
  stop(): Promise<void>;
}

const KEEPER = fileURLToPath(new URL('../keeper.ts', import.meta.url));
const at = (port: number): string => `http://127.0.0.1:${port}`;

/** Starts it; resolves when it is ready. It ends with this process at the latest. */
export async function startYarn(options: YarnOptions = {}): Promise<YarnCluster> {
  const say = options.say ?? (() => undefined);
  const java = await provideJava(say);
  const spark = options.spark ? await provideSpark(say) : undefined;
  const { ports, release } = await reservePorts(options.ports);
  const folder = await mkdtemp(join(tmpdir(), 'longshore-yarn-'));
  const confDir = join(folder, 'conf');
  const layout: Layout = { folder, nodes: join(folder, 'nodes'), confDir, classpath: `${confDir},${join(java.jars, '*')}`, ports };
  const keeper = spawn(process.execPath, [KEEPER, folder, layout.nodes], { cwd: '/', stdio: ['pipe', 'ignore', 'inherit'], detached: true });
  const made = (name: string, ...args: string[]): Server => new Server({ name, java, layout, args, ...(options.env && { env: options.env }) });
  const managers = options.ha
    ? ['rm1', 'rm2'].map((id) => made(id, ...TIMELINE_ON, `yarn.resourcemanager.ha.id=${id}`, 'rm'))
    : [made('rm', ...TIMELINE_ON, 'rm')];
  const [rm] = managers as [Server];
  const nm = made('nm', ...TIMELINE_ON, 'nm', 'timeline', 'history');
  const hdfs = options.hdfs ? made('hdfs', 'namenode', 'datanode') : undefined;
  const servers = [...managers, nm, ...(hdfs ? [hdfs] : [])];

  const addresses = {
    rm: at(ports.rmWeb),
    rms: options.ha ? [at(ports.rmWeb), at(ports.rm2Web)] : [at(ports.rmWeb)],
    nm: at(ports.nmWeb),
    history: at(ports.historyWeb),
    timeline: at(ports.timelineWeb),
    ...(hdfs && { hdfs: `hdfs://127.0.0.1:${ports.namenode}`, webhdfs: at(ports.namenodeWeb) }),
  };
  const superuser = userInfo().username;
  let active: Which = 0;
  const managerAnswers = async (i: number) => await answers(`${addresses.rms[i]}/ws/v1/cluster/info`, managers[i]!);
  const nodeAnswers = async () => {
    await answers(`${addresses.nm}/ws/v1/node/info`, nm);
    await answers(`${addresses.timeline}/ws/v1/applicationhistory/about`, nm);
    await answers(`${addresses.history}/ws/v1/history/info`, nm);
  };
  const cluster: YarnCluster = {
    ...addresses,
    folder,
    confDir,
    libDir: java.jars,
    classpath: layout.classpath,
    javaHome: java.home,
    superuser,
    ...(spark && { spark }),
    shellMaster: [join(java.home, 'bin/java'), '-Xmx96m', ...quickStart(java), '-cp', `'${java.classpath}'`, 'ShellMaster', confDir].join(' '),
    get rmPid() {
      return rm.pid;
    },
    get nmPid() {
      return nm.pid;
    },
    killRm: async (which = 0) => await managers[which]!.kill(),
    startRm: async (which = 0) => {
      managers[which]!.start();
      await managerAnswers(which);
    },
    freezeRm: (which = 0) => managers[which]!.signal('SIGSTOP'),
    thawRm: (which = 0) => managers[which]!.signal('SIGCONT'),
    killNm: async () => await nm.kill(),
    startNm: async () => {
      nm.start();
      await nodeAnswers();
    },
    failOver: async (to) => {
      if (!options.ha) throw new Error('only with the option ha');
      await makeActive(java, confDir, { to, other: managers[1 - to]! });
      active = to;
    },
    waitReady: async () => {
      await managerAnswers(active);
      await nodeAnswers();
      await until(async () => (await activeNodes(addresses.rms[active]!)) > 0, { server: managers[active]! });
    },
    stop: async () => {
      for (const server of servers) server.signal('SIGCONT');
      // The node stops its containers and signs off, which it cannot without its ResourceManager.
      if (managers[active]!.lives) await nm.end();
      await Promise.all(servers.map((server) => server.kill()));
      if (keeper.exitCode === null) {
        keeper.stdin.end('now\n');
        await once(keeper, 'exit');
      }
      await release();
    },
  };
  try {
    await mkdir(layout.nodes);
    await writeConf(layout, options);
    // First: the history server wants it.
    hdfs?.start();
    if (addresses.webhdfs !== undefined) await prepareHdfs(addresses.webhdfs, hdfs!, superuser);
    for (const server of servers) server.start();
    if (options.ha) {
      await Promise.all(managers.map((_, i) => managerAnswers(i)));
      await cluster.failOver(0);
    }
    await cluster.waitReady();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function answers(url: string, server: Server): Promise<void> {
  await until(async () => (await ask('GET', url)).status === 200, { server });
}

/** As an administrator would: everybody may make folders in these, and change only what is theirs. */
async function prepareHdfs(webhdfs: string, server: Server, superuser: string): Promise<void> {
  for (const folder of ['tmp', 'user', 'staging', 'mapreduce']) {
    const url = `${webhdfs}/webhdfs/v1/${folder}?op=MKDIRS&permission=1777&user.name=${superuser}`;
    await until(async () => (await ask('PUT', url)).status === 200, { server });
  }
  const nodes = `${webhdfs}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState`;
  await until(async () => ((await ask('GET', nodes)).body as { beans: [{ NumLiveDataNodes: number }] }).beans[0].NumLiveDataNodes > 0, { server });
}
