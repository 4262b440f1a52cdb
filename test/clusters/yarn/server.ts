// One JVM with Hadoop servers: started, killed, frozen, started again.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFrozen } from '../../../src/temporal/identity.ts';
import type { Layout } from './conf.ts';

/** What every JVM of a cluster runs with. */
export interface Java {
  readonly home: string;
  /** Folder with Hadoop's jars. */
  readonly jars: string;
  /** Of its JVM: our classes, then Hadoop's. An archive of loaded classes is good for exactly this one. */
  readonly classpath: string;
  /** Absent while it is made. */
  readonly archive?: string;
}

/** For a JVM that lives for moments and shall start soon. */
export const quickStart = ({ archive }: Java): string[] => [
  ...(archive === undefined ? [] : [`-XX:SharedArchiveFile=${archive}`]),
  '-Xlog:disable',
  '-Xlog:all=error:stderr',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-XX:-UsePerfData',
];

export interface ServerOptions {
  readonly name: string;
  readonly java: Java;
  readonly layout: Layout;
  /** Arguments of the class Servers after the folder. */
  readonly args: readonly string[];
  readonly flags?: readonly string[];
  /** Added to the environment of servers and, by way of them, of what the whitelist lets through to containers. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Server {
  readonly #options: ServerOptions;
  #child: ChildProcess | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get lives(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get isFrozen(): boolean {
    return isFrozen(this.pid);
  }

  start(): void {
    if (this.lives) return;
    const { java, layout, args, flags = [], env } = this.#options;
    const log = openSync(this.#log, 'a');
    this.#child = spawn(
      join(java.home, 'bin', 'java'),
      [
        '-Xmx512m',
        ...quickStart(java),
        '--add-opens=java.base/java.lang=ALL-UNNAMED',
        '-Djava.net.preferIPv4Stack=true',
        `-Djava.io.tmpdir=${layout.nodes}`,
        `-Dlog4j.configuration=file:${join(layout.confDir, 'log4j.properties')}`,
        ...flags,
        '-cp',
        java.classpath,
        'Servers',
        layout.confDir,
        ...args,
      ],
      // A session of its own: Ctrl-C ends it by way of us.
      { cwd: layout.nodes, env: { ...environment(java, layout), ...env }, stdio: ['pipe', log, log], detached: true },
    );
    this.#child.stdin!.on('error', () => undefined);
    closeSync(log);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    if (!this.lives) return;
    const gone = once(this.#child!, 'exit');
    this.signal('SIGKILL');
    await gone;
  }

  /** Lets it stop by itself; it is killed when it does not. */
  async end(limitMs = 10_000): Promise<void> {
    if (!this.lives) return;
    const late = setTimeout(() => this.signal('SIGKILL'), limitMs);
    const gone = once(this.#child!, 'exit');
    this.#child!.stdin!.end();
    await gone;
    clearTimeout(late);
  }

  /** Throws what it said last when it has ended. */
  mustLive(): void {
    if (!this.lives) throw new Error(`${this.#options.name} has ended: ${readFileSync(this.#log, 'utf8').slice(-3_000)}`);
  }

  get #log(): string {
    return join(this.#options.layout.folder, `${this.#options.name}.log`);
  }
}

/** Of a machine without any Hadoop: what the caller has set must not lead ours astray. */
function environment(java: Java, layout: Layout): Record<string, string> {
  const kept = ['PATH', 'HOME', 'USER', 'LANG', 'TZ'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    JAVA_HOME: java.home,
    HADOOP_HOME: layout.nodes,
    HADOOP_YARN_HOME: layout.nodes,
    HADOOP_COMMON_HOME: layout.nodes,
    HADOOP_CONF_DIR: layout.confDir,
  };
}
