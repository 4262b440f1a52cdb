// The real stack as separate real processes around a Temporal server with a database file, all owned and restarted by the harness.
import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { CrashPlan, FaultPlan, Guard } from '../../../src/crash-points.ts';
import { freePorts } from '../../../src/temporal/ports.ts';
import { serverArguments } from '../../../src/temporal/server-arguments.ts';
import { lives } from '../../../src/temporal/identity.ts';
import { readServerProcess, serverFiles } from '../../../src/temporal/server-state.ts';
import { temporalCli } from '../../helpers/temporal.ts';
import { Proxy } from './proxy.ts';
import { Supervised } from './supervised.ts';
import { until } from './until.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const CLOCK = path.join(import.meta.dirname, 'clock.ts');
const APP = 'default';

export interface ClusterDocument {
  readonly name: string;
  readonly type: string;
  readonly config: object;
}

export interface StackOptions {
  /** Worker ids, each a machine of its own with its own data folder. Default: one, w1. */
  readonly workers?: readonly string[];
  /** How many API processes. Default 1. */
  readonly apis?: number;
  /** Running jobs that the cluster admits. Default: no limit. */
  readonly running?: number;
  /** Slots of each worker. Default 20. */
  readonly slots?: number;
  /** Changes of the short timings that scenarios run with. */
  readonly timings?: Readonly<Record<string, string>>;
  /** One `longshore up` with its own Temporal server in place of separate processes. */
  readonly up?: boolean;
  /** A cluster that jobs go to in place of `local`: its document. */
  readonly cluster?: ClusterDocument;
  /** Name of a secret → file that holds it: every worker has it, and the app may be given it. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Runs of DAGs continue as new after so many events of their history. Default: when Temporal says so. */
  readonly historyBudget?: number;
  /** Jumps of every process's clock: "after seconds:by minutes,…". */
  readonly clock?: string;
}

const TIMINGS = { hostPatience: '15s', sweepEvery: '5s', grace: '2s', settle: '500ms', heartbeat: '10s', webhookGiveUp: '10m' };

export class Stack {
  readonly folder: string;
  readonly temporal: Supervised;
  readonly apis: readonly Supervised[];
  readonly scheduler: Supervised;
  readonly workers: readonly Supervised[];
  /** Between Longshore's processes and Temporal. */
  readonly temporalProxy: Proxy;
  /** Between clients and the first API. */
  readonly apiProxy: Proxy;
  readonly temporalAddress: string;
  readonly urls: readonly string[];
  /** Everything that the harness starts and ends. */
  readonly processes: readonly Supervised[];
  token = '';
  /** Crash points that a process gets at its next start, by the process's name. */
  readonly plans = new Map<string, readonly CrashPlan[]>();
  readonly #without: readonly Guard[];
  readonly #cli: string;
  readonly #clock: string | undefined;
  readonly #historyBudget: number | undefined;
  /** Processes that run with crash points. */
  readonly #planned = new Set<string>();
  readonly #zombies: ChildProcess[] = [];

  private constructor(
    folder: string,
    without: readonly Guard[],
    options: StackOptions,
    ports: readonly number[],
    cli: string,
    proxies: readonly [Proxy, Proxy],
  ) {
    this.folder = folder;
    this.#without = without;
    const [port = 0, httpPort = 0, metricsPort = 0, ...apiPorts] = ports;
    this.temporalAddress = `127.0.0.1:${port}`;
    [this.temporalProxy, this.apiProxy] = proxies;
    this.urls = apiPorts.map((apiPort) => `http://127.0.0.1:${apiPort}`);
    const server = serverArguments({ database: path.join(folder, 'temporal.db'), port, httpPort, metricsPort });
    this.temporal = new Supervised('temporal', path.join(folder, 'temporal.log'), () => ({ command: cli, args: server, env: process.env }));
    this.#cli = cli;
    this.#clock = options.clock;
    this.#historyBudget = options.historyBudget;
    if (options.up === true) {
      const up = this.#process('up', 'up');
      this.apis = [up];
      this.scheduler = up;
      this.workers = [up];
    } else {
      this.apis = apiPorts.map((_, i) => this.#process(`api${i === 0 ? '' : i + 1}`, 'api'));
      this.scheduler = this.#process('scheduler', 'scheduler');
      this.workers = (options.workers ?? ['w1']).map((id) => this.#process(id, 'worker'));
    }
    this.processes = options.up === true ? this.longshore : [this.temporal, ...this.longshore];
  }

  /** Starts everything and waits until it serves. `without` are the guards to remove. */
  static async start(folder: string, without: readonly Guard[], options: StackOptions = {}): Promise<Stack> {
    const apis = options.apis ?? 1;
    const ports = await freePorts(3 + apis);
    const proxies = [
      await Proxy.start(() => ({ host: '127.0.0.1', port: ports[0]! })),
      await Proxy.start(() => ({ host: '127.0.0.1', port: ports[3]! })),
    ] as const;
    await mkdir(path.join(folder, 'journal'), { recursive: true });
    const stack = new Stack(folder, without, options, ports, await temporalCli(), proxies);
    await stack.#configure(options, ports.slice(3));
    for (const process of stack.processes) process.start();
    try {
      await stack.ready();
      await stack.#grant(options);
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Longshore's own processes. */
  get longshore(): readonly Supervised[] {
    return [...new Set([...this.apis, this.scheduler, ...this.workers])];
  }

  /** Every process runs and the first API says that it is ready. */
  async ready(timeoutMs = 90_000): Promise<void> {
    await until('the API to be ready', async () => (await fetch(`${this.urls[0]}/readyz`)).ok, timeoutMs);
    const credentials = await readFile(path.join(this.folder, 'main', 'credentials.json'), 'utf8');
    this.token = (JSON.parse(credentials) as { token: string }).token;
    await until(
      'every worker to be online',
      async () => (await this.#onlineWorkers()) >= this.workers.filter((worker) => worker.alive).length,
      timeoutMs,
    );
  }

  async #onlineWorkers(): Promise<number> {
    const response = await fetch(`${this.urls[0]}/api/v1/workers`, { headers: { authorization: `Bearer ${this.token}` } });
    return ((await response.json()) as { items: { online: boolean }[] }).items.filter((worker) => worker.online).length;
  }

  /** Reads or writes as the administrator; throws on any answer but success. */
  async admin(method: string, route: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.urls[0]}${route}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${route} was answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** No more crashes: what has a plan is started again without it, what is down comes up, whatever was held is let go. */
  async heal(): Promise<void> {
    this.plans.clear();
    for (const proxy of [this.temporalProxy, this.apiProxy]) proxy.mode = 'pass';
    for (const process of this.longshore) if (this.#planned.has(process.name)) await process.crash();
    for (const process of this.processes) process.start();
    await this.ready();
  }

  /** A frozen process is taken for dead and replaced; the frozen one is returned, to be woken later. */
  async replace(process: Supervised): Promise<ChildProcess> {
    const zombie = await process.replace();
    this.#zombies.push(zombie);
    return zombie;
  }

  async stop(): Promise<void> {
    for (const zombie of this.#zombies) zombie.kill('SIGKILL');
    await Promise.all(this.processes.map((process) => process.down()));
    this.killUpsTemporal();
    await Promise.all([this.temporalProxy.close(), this.apiProxy.close()]);
  }

  /** SIGKILL to the Temporal server that `up` runs; nothing where there is none. */
  killUpsTemporal(): void {
    const server = readServerProcess(serverFiles(path.join(this.folder, 'main')));
    if (server !== undefined && lives(server)) process.kill(server.pid, 'SIGKILL');
  }

  #process(name: string, command: string): Supervised {
    return new Supervised(name, path.join(this.folder, `${name}.log`), (incarnation) => {
      const crash = this.plans.get(name) ?? [];
      if (crash.length > 0) this.#planned.add(name);
      else this.#planned.delete(name);
      const faults: FaultPlan = {
        crash,
        without: this.#without,
        journal: path.join(this.folder, 'journal', `${name}-${incarnation}`),
        ...(this.#historyBudget !== undefined && { historyBudget: this.#historyBudget }),
      };
      return {
        command: process.execPath,
        args: [path.join(ROOT, 'bin/longshore.cjs'), command, '--config', path.join(this.folder, `${name}.yaml`)],
        env: { ...process.env, ...this.#clockEnv(), TEMPORAL_CLI_PATH: this.#cli, LONGSHORE_FAULTS: JSON.stringify(faults) },
      };
    });
  }

  #clockEnv(): NodeJS.ProcessEnv {
    return this.#clock === undefined ? {} : { FAULTS_CLOCK: this.#clock, NODE_OPTIONS: `--import ${CLOCK}` };
  }

  async #configure(options: StackOptions, apiPorts: readonly number[]): Promise<void> {
    const { folder } = this;
    const shared = {
      logs: { folder: path.join(folder, 'logs') },
      artifacts: { folder: path.join(folder, 'artifacts') },
      webhooks: { allowPrivate: true },
      timings: { ...TIMINGS, ...options.timings },
    };
    const secrets = Object.entries(options.secrets ?? {}).map(([name, file]) => ({ name, file, apps: '*' }));
    const write = (name: string, config: object) => writeFile(path.join(folder, `${name}.yaml`), JSON.stringify({ ...shared, ...config }));
    const main = path.join(folder, 'main');
    if (options.up === true) {
      const port = Number(this.temporalAddress.split(':')[1]);
      return await write('up', { data: main, api: { port: apiPorts[0] }, temporal: { port }, worker: { slots: options.slots ?? 20 } });
    }
    const temporal = { address: `127.0.0.1:${this.temporalProxy.port}`, namespace: 'default' };
    await Promise.all([
      ...this.apis.map((api, i) => write(api.name, { temporal, data: main, api: { port: apiPorts[i] } })),
      write('scheduler', { temporal, data: main }),
      ...this.workers.map((worker) =>
        write(worker.name, {
          temporal,
          data: path.join(folder, worker.name),
          worker: { id: worker.name, slots: options.slots ?? 20, allow: { apps: '*', clusters: '*', users: '*' }, secrets },
        }),
      ),
    ]);
  }

  async #grant(options: StackOptions): Promise<void> {
    const limits = options.running === undefined ? {} : { limits: { running: options.running } };
    if (options.up === true) return;
    const cluster = options.cluster ?? { name: 'local', type: 'local' };
    await this.admin('PUT', `/api/v1/definitions/clusters/${cluster.name}`, { ...cluster, ...limits });
    await this.admin('PUT', `/api/v1/definitions/apps/${APP}`, {
      name: APP,
      grants: {
        clusters: [cluster.name],
        workers: ['default'],
        queues: ['default'],
        users: [userInfo().username],
        secrets: Object.keys(options.secrets ?? {}),
      },
    });
  }
}
