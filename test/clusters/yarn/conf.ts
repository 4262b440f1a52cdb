// The *-site.xml files of a cluster: small, quick to notice things, and otherwise as Hadoop comes.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { YarnOptions } from './cluster.ts';

export type Properties = Readonly<Record<string, string | number | boolean>>;

const RM = ['rm', 'rmWeb', 'rmScheduler', 'rmTracker', 'rmAdmin'] as const;
const RM2 = ['rm2', 'rm2Web', 'rm2Scheduler', 'rm2Tracker', 'rm2Admin'] as const;
const NODE = ['nm', 'nmWeb', 'nmLocalizer', 'nmCollector', 'shuffle', 'history', 'historyWeb', 'historyAdmin', 'timeline', 'timelineWeb'] as const;
const HDFS = ['namenode', 'namenodeWeb', 'datanode', 'datanodeIpc', 'datanodeWeb'] as const;
/** A port for everything that listens. */
export const PORTS = [...RM, ...RM2, ...NODE, ...HDFS] as const;
export type Ports = Readonly<Record<(typeof PORTS)[number], number>>;

export interface Layout {
  readonly folder: string;
  /** What the servers and containers keep and work in: whatever works in here belongs to the cluster. */
  readonly nodes: string;
  readonly confDir: string;
  readonly classpath: string;
  readonly ports: Ports;
}

/** Settings of servers only: Spark's client cannot load the timeline client, and does not need it. */
export const TIMELINE_ON = ['yarn.timeline-service.enabled=true', 'yarn.system-metrics-publisher.enabled=true'];

export async function writeConf(layout: Layout, options: YarnOptions): Promise<void> {
  await mkdir(layout.confDir, { recursive: true });
  const files: Record<string, Properties> = {
    'core-site.xml': core(layout, options),
    'yarn-site.xml': { ...yarn(layout, options), ...options.yarnSite },
    'capacity-scheduler.xml': scheduler(),
    'mapred-site.xml': mapred(layout, options),
    'hdfs-site.xml': hdfs(layout),
  };
  for (const [name, properties] of Object.entries(files)) await writeFile(join(layout.confDir, name), xml(properties));
  await writeFile(join(layout.confDir, 'log4j.properties'), LOGGING);
}

const at = (port: number): string => `127.0.0.1:${port}`;

const core = ({ nodes, ports }: Layout, { hdfs }: YarnOptions): Properties => ({
  'fs.defaultFS': hdfs ? `hdfs://${at(ports.namenode)}` : 'file:///',
  'hadoop.tmp.dir': join(nodes, 'tmp'),
  // A server that is down is noticed in a second.
  'ipc.client.connect.max.retries': 3,
  'ipc.client.connect.retry.interval': 300,
});

function yarn({ nodes, classpath, ports }: Layout, options: YarnOptions): Properties {
  const recovery = options.recovery ?? true;
  const kept = options.maxCompletedApplications ?? 1_000;
  return {
    ...resourceManagers(ports, options.ha ?? false),
    'yarn.resourcemanager.scheduler.class': 'org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler',
    'yarn.resourcemanager.nodemanagers.heartbeat-interval-ms': 100,
    'yarn.resourcemanager.max-completed-applications': kept,
    'yarn.resourcemanager.state-store.max-completed-applications': kept,
    'yarn.resourcemanager.recovery.enabled': recovery,
    'yarn.resourcemanager.work-preserving-recovery.enabled': recovery,
    'yarn.resourcemanager.work-preserving-recovery.scheduling-wait-ms': 0,
    'yarn.resourcemanager.store.class': 'org.apache.hadoop.yarn.server.resourcemanager.recovery.FileSystemRMStateStore',
    'yarn.resourcemanager.fs.state-store.uri': `file://${join(nodes, 'rm-state')}`,
    // A NodeManager that comes before its ResourceManager would sleep for half a minute.
    'yarn.resourcemanager.connect.retry-interval.ms': 300,
    'yarn.scheduler.minimum-allocation-mb': 128,
    'yarn.scheduler.maximum-allocation-mb': 8192,
    'yarn.nodemanager.hostname': '127.0.0.1',
    'yarn.nodemanager.address': at(ports.nm),
    'yarn.nodemanager.localizer.address': at(ports.nmLocalizer),
    'yarn.nodemanager.webapp.address': at(ports.nmWeb),
    'yarn.nodemanager.collector-service.address': at(ports.nmCollector),
    'yarn.nodemanager.resource.memory-mb': 8192,
    'yarn.nodemanager.resource.cpu-vcores': 8,
    'yarn.nodemanager.vmem-check-enabled': false,
    'yarn.nodemanager.pmem-check-enabled': false,
    'yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage': 99.9,
    'yarn.nodemanager.recovery.enabled': recovery,
    'yarn.nodemanager.recovery.dir': join(nodes, 'nm-recovery'),
    'yarn.nodemanager.aux-services': 'mapreduce_shuffle',
    'yarn.nodemanager.local-dirs': join(nodes, 'local'),
    'yarn.nodemanager.log-dirs': join(nodes, 'logs'),
    'yarn.nodemanager.delete.debug-delay-sec': 0,
    'yarn.nodemanager.sleep-delay-before-sigkill.ms': 250,
    'yarn.nodemanager.env-whitelist': 'JAVA_HOME,HADOOP_COMMON_HOME,HADOOP_CONF_DIR,HADOOP_YARN_HOME,HADOOP_HOME,PATH,LANG,TZ',
    'yarn.application.classpath': classpath,
    'yarn.log-aggregation-enable': true,
    'yarn.nodemanager.remote-app-log-dir': `file://${join(nodes, 'aggregated-logs')}`,
    'yarn.log.server.url': `http://${at(ports.historyWeb)}/jobhistory/logs`,
    'yarn.log.server.web-service.url': `http://${at(ports.historyWeb)}/ws/v1/history`,
    'yarn.timeline-service.version': '1.0f',
    'yarn.timeline-service.store-class': 'org.apache.hadoop.yarn.server.timeline.MemoryTimelineStore',
    'yarn.timeline-service.generic-application-history.enabled': true,
    'yarn.timeline-service.hostname': '127.0.0.1',
    'yarn.timeline-service.address': at(ports.timeline),
    'yarn.timeline-service.webapp.address': at(ports.timelineWeb),
    'yarn.timeline-service.client.max-retries': 3,
    'yarn.timeline-service.client.retry-interval-ms': 300,
  };
}

function resourceManagers(ports: Ports, ha: boolean): Properties {
  const addresses = (suffix: string, one: 'rm' | 'rm2'): Properties => ({
    [`yarn.resourcemanager.hostname${suffix}`]: '127.0.0.1',
    [`yarn.resourcemanager.address${suffix}`]: at(ports[one]),
    [`yarn.resourcemanager.scheduler.address${suffix}`]: at(ports[`${one}Scheduler`]),
    [`yarn.resourcemanager.resource-tracker.address${suffix}`]: at(ports[`${one}Tracker`]),
    [`yarn.resourcemanager.admin.address${suffix}`]: at(ports[`${one}Admin`]),
    [`yarn.resourcemanager.webapp.address${suffix}`]: at(ports[`${one}Web`]),
  });
  if (!ha) return addresses('', 'rm');
  return {
    'yarn.resourcemanager.ha.enabled': true,
    'yarn.resourcemanager.ha.rm-ids': 'rm1,rm2',
    // Who is active is said by the test, and no ZooKeeper is needed.
    'yarn.resourcemanager.ha.automatic-failover.enabled': false,
    'yarn.resourcemanager.cluster-id': 'longshore',
    'yarn.client.failover-sleep-base-ms': 100,
    'yarn.client.failover-sleep-max-ms': 500,
    ...addresses('.rm1', 'rm'),
    ...addresses('.rm2', 'rm2'),
  };
}

function scheduler(): Properties {
  const root = 'yarn.scheduler.capacity.root';
  const queues = ['default', 'etl'].map((queue) => ({
    [`${root}.${queue}.capacity`]: 50,
    [`${root}.${queue}.maximum-capacity`]: 100,
    [`${root}.${queue}.user-limit-factor`]: 2,
  }));
  return Object.assign({}, ...queues, {
    [`${root}.queues`]: 'default,etl',
    'yarn.scheduler.capacity.maximum-am-resource-percent': 0.8,
    'yarn.scheduler.capacity.node-locality-delay': -1,
  }) as Properties;
}

const SMALL_JVM = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
const mapred = ({ nodes, classpath, ports }: Layout, { hdfs }: YarnOptions): Properties => ({
  'mapreduce.framework.name': 'yarn',
  'mapreduce.application.classpath': classpath,
  'mapreduce.shuffle.port': ports.shuffle,
  'mapreduce.jobhistory.address': at(ports.history),
  'mapreduce.jobhistory.admin.address': at(ports.historyAdmin),
  'mapreduce.jobhistory.webapp.address': at(ports.historyWeb),
  // Without a scheme, of the default file system: the history server takes no other.
  'yarn.app.mapreduce.am.staging-dir': hdfs ? '/mapreduce' : join(nodes, 'mapreduce'),
  'yarn.app.mapreduce.am.resource.mb': 384,
  'yarn.app.mapreduce.am.command-opts': `-Xmx256m ${SMALL_JVM} --add-opens=java.base/java.lang=ALL-UNNAMED`,
  'mapreduce.map.memory.mb': 256,
  'mapreduce.reduce.memory.mb': 256,
  'mapred.child.java.opts': `-Xmx160m ${SMALL_JVM}`,
  'mapreduce.task.io.sort.mb': 16,
});

const hdfs = ({ nodes, ports }: Layout): Properties => ({
  'dfs.namenode.name.dir': `file://${join(nodes, 'namenode')}`,
  'dfs.datanode.data.dir': `file://${join(nodes, 'datanode')}`,
  'dfs.namenode.http-address': at(ports.namenodeWeb),
  'dfs.namenode.rpc-bind-host': '127.0.0.1',
  'dfs.datanode.hostname': '127.0.0.1',
  'dfs.datanode.address': at(ports.datanode),
  'dfs.datanode.ipc.address': at(ports.datanodeIpc),
  'dfs.datanode.http.address': at(ports.datanodeWeb),
  'dfs.replication': 1,
  'dfs.permissions.enabled': true,
  'dfs.namenode.safemode.extension': 0,
});

const LOGGING = `log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %-5p %c{2}: %m%n
`;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const xml = (properties: Properties): string =>
  [
    '<?xml version="1.0"?>',
    '<configuration>',
    ...Object.entries(properties).map(([name, value]) => `  <property><name>${name}</name><value>${escaped(String(value))}</value></property>`),
    '</configuration>\n',
  ].join('\n');
