// The embedded Temporal server: started or adopted, watched and started again when it dies, stopped last.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { crashPoint } from '../crash-points.ts';
import { StartError } from '../start-error.ts';
import { lives, type ProcessIdentity } from './identity.ts';
import { freePorts, isFree } from './ports.ts';
import { provisionCli } from './provision.ts';
import { serverArguments } from './server-arguments.ts';
import { forgetServerProcess, readRecord, readServerProcess, serverFiles, writeRecord, type ServerFiles, type ServerRecord } from './server-state.ts';
import { untilServing } from './service.ts';

/** An embedded server that serves. */
export interface EmbeddedServer {
  readonly address: string;
  readonly uiUrl: string;
  readonly version: string;
  /** It was found running, left by an earlier process. */
  readonly adopted: boolean;
  readonly pid: number;
  /** Asks it to end, then ends it. */
  stop(): Promise<void>;
}
export interface EmbeddedOptions {
  /** The data folder. */
  readonly data: string;
  /** TEMPORAL_CLI_PATH. */
  readonly given?: string | undefined;
  /** Wanted ports; 0 takes the kept one, else a free one. */
  readonly port: number;
  readonly uiPort: number;
  readonly logger: Logger;
}

const START_LIMIT_MS = 60_000;
const ADOPT_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 10_000;
const WATCH_EVERY_MS = 250;
const LONGEST_LOG = 16 * 2 ** 20;

/** Runs as a shell that writes who it is and then becomes the server: argv is the pid file, then the command. */
const BECOME_SERVER = 'cat "/proc/$$/stat" /proc/sys/kernel/random/boot_id > "$0.new" && mv "$0.new" "$0" && exec "$@"';

/** Starts the data folder's server or adopts the one that runs. Throws when none can be found, or its version is another. */
export async function startEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const files = serverFiles(options.data);
  const kept = readRecord(files);
  const cli = await provisionCli({ folder: files.bin, given: options.given, expect: kept?.version });
  const found = await adopt(files, kept, options.logger);
  const place = found !== undefined && kept !== undefined ? kept : { ...(await portsFor(options, kept)), version: cli.version };
  writeRecord(files, place);

  let running = found ?? (await launch(cli.path, files, place));
  const stopping = new AbortController();
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (!lives(running)) {
        options.logger.warn({ log: files.log }, 'the Temporal server has ended; starting it again');
        running = await launch(cli.path, files, place).catch(async (error: unknown) => {
          options.logger.error({ err: error }, 'the Temporal server does not start');
          await delay(5_000);
          return running;
        });
      }
      await delay(WATCH_EVERY_MS);
    }
  };
  const watching = watch();
  return {
    address: `127.0.0.1:${place.port}`,
    uiUrl: `http://127.0.0.1:${place.uiPort}`,
    version: cli.version,
    adopted: found !== undefined,
    get pid() {
      return running.pid;
    },
    stop: async () => {
      stopping.abort();
      await watching;
      await end(running);
      forgetServerProcess(files);
    },
  };
}

/** The server that the pid file names, if it answers; one that does not answer is ended. */
async function adopt(files: ServerFiles, record: ServerRecord | undefined, logger: Logger): Promise<ProcessIdentity | undefined> {
  const found = readServerProcess(files);
  if (found === undefined) return undefined;
  if (record !== undefined) {
    const answers = await untilServing(`127.0.0.1:${record.port}`, { limitMs: ADOPT_LIMIT_MS }).then(
      () => true,
      () => false,
    );
    if (answers) return found;
  }
  logger.warn({ pid: found.pid }, 'an earlier Temporal server of this data folder does not answer and is ended');
  await end(found);
  return undefined;
}

async function launch(cli: string, files: ServerFiles, record: ServerRecord): Promise<ProcessIdentity> {
  forgetServerProcess(files);
  rotate(files.log);
  const log = openSync(files.log, 'a', 0o600);
  crashPoint('temporal.launch.before');
  // A session of its own: Ctrl-C in the terminal must reach us only, because the server stops last.
  const child = spawn('/bin/sh', ['-c', BECOME_SERVER, files.pid, cli, ...serverArguments({ ...record, database: files.database })], {
    cwd: files.folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: homedir(), ...MEMORY },
  });
  closeSync(log);
  child.unref();
  crashPoint('temporal.launch.after');
  let notSpawned: Error | undefined;
  child.once('error', (error) => (notSpawned = error));
  const failed = (): Error | undefined => {
    const how = child.signalCode ?? child.exitCode;
    return how === null ? notSpawned : new StartError(`the Temporal server ended with ${how}: ${tail(files.log)}`);
  };
  try {
    await untilServing(`127.0.0.1:${record.port}`, { limitMs: START_LIMIT_MS, failed });
    const identity = readServerProcess(files);
    if (identity === undefined || identity.pid !== child.pid) throw new StartError(`another server answers at port ${record.port}; see ${files.log}`);
    return identity;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** A small heap is enough for a thousand jobs; the collector works a little more for it. */
const MEMORY = { GOGC: '50', GOMEMLIMIT: '256MiB' };

async function end(server: ProcessIdentity): Promise<void> {
  for (const [signal, limitMs] of [
    ['SIGTERM', STOP_LIMIT_MS],
    ['SIGKILL', STOP_LIMIT_MS],
  ] as const) {
    if (!lives(server)) return;
    process.kill(server.pid, signal);
    // A frozen process takes its signal only when it goes on.
    process.kill(server.pid, 'SIGCONT');
    for (const deadline = Date.now() + limitMs; lives(server) && Date.now() < deadline;) await delay(20);
  }
}

/** The configured ports, else the kept ones while they are free, else free ones. */
async function portsFor(options: EmbeddedOptions, kept: ServerRecord | undefined): Promise<Omit<ServerRecord, 'version'>> {
  const free = await freePorts(4);
  const choose = async (configured: number, before: number | undefined): Promise<number> => {
    const another = free.pop() ?? 0;
    if (configured !== 0) return configured;
    return before !== undefined && (await isFree(before)) ? before : another;
  };
  return {
    port: await choose(options.port, kept?.port),
    uiPort: await choose(options.uiPort, kept?.uiPort),
    httpPort: await choose(0, kept?.httpPort),
    metricsPort: await choose(0, kept?.metricsPort),
  };
}

function rotate(log: string): void {
  try {
    if (statSync(log).size > LONGEST_LOG) renameSync(log, `${log}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function tail(log: string): string {
  return readFileSync(log, 'utf8').slice(-600).trim();
}
