// The logs of an application's executors: which there are, and their bytes. From their nodes while it runs, from the history server afterwards.
import type { FurtherStreams, LogChunk, LogStream } from '../contract.ts';
import { readAggregated, readException, type AggregatedFile, type App } from './answers.ts';
import type { ResourceManagers } from './client.ts';
import { aggregatedStreams, createContainers, placeOf } from './containers.ts';
import { readJson, Unanswered, type Http } from './http.ts';
import { logServerOf } from './log-file.ts';
import { newestMaster, readOne, type Master } from './logs.ts';
import { isAggregated, isOver } from './phases.ts';

/** A node that did not answer is not asked again for so long: it may have hundreds of the logs, and each would wait for it. */
const SILENT_MS = 30_000;

const NOTHING = Buffer.alloc(0);
const NONE: FurtherStreams = { streams: [], whole: true };

export interface ExecutorLogs {
  streams(app: App): Promise<FurtherStreams>;
  read(app: App, stream: LogStream, offset: number, maxBytes: number): Promise<LogChunk>;
}

/** `history`: address of the JobHistoryServer, if it is configured. */
export function executorLogs(http: Http, rm: Pick<ResourceManagers, 'containers'>, history: string | undefined): ExecutorLogs {
  const containers = createContainers();
  const silent = new Map<string, number>();

  /** What was aggregated. Undefined when there is nobody to say, or nothing. */
  async function aggregated(app: App, { node, container }: Master): Promise<AggregatedFile[] | undefined> {
    const server = history ?? (await logServerOf(http, node, container));
    if (server === undefined) return undefined;
    const answer = await http.send(new URL(`/ws/v1/history/aggregatedlogs?appid=${app.id}`, server), { named: history === undefined });
    const { status } = answer;
    const json = await readJson(answer);
    const listed = status === 200 ? readAggregated(json) : undefined;
    if (listed !== undefined) return listed;
    if (status === 200 || readException(json) === undefined)
      throw new Unanswered(`${server} does not list the logs of ${app.id}: it answers ${status}`);
    // Where YARN says that they were aggregated, they are to be had; one that was stopped may never have had any.
    if (app.logAggregationStatus === 'SUCCEEDED' && app.state === 'FINISHED') throw new Unanswered(`${server} has no logs of ${app.id} yet`);
    return undefined;
  }

  async function ask<T>(node: string | undefined, question: () => Promise<T>): Promise<T> {
    if (node === undefined) return await question();
    if (performance.now() < (silent.get(node) ?? 0)) throw new Unanswered(`${node} did not answer a moment ago`);
    silent.delete(node);
    try {
      return await question();
    } catch (error) {
      if (error instanceof Unanswered) silent.set(node, performance.now() + SILENT_MS);
      throw error;
    }
  }

  return {
    async streams(app) {
      // Our own application master asks for no containers.
      if (app.applicationType === 'LONGSHORE') return NONE;
      const master = newestMaster(app);
      if (!isOver(app)) {
        return master === undefined ? { streams: [], whole: false } : await containers.living(app, () => rm.containers(app.id, master.attempt));
      }
      if (master === undefined) return NONE;
      if (!isAggregated(app)) return { streams: containers.seen(app.id), whole: false };
      const listed = await aggregated(app, master);
      return { streams: listed === undefined ? containers.seen(app.id) : aggregatedStreams(app, listed), whole: true };
    },

    async read(app, stream, offset, maxBytes) {
      const place = placeOf(app.id, stream);
      if (place === undefined) return { offset, bytes: NOTHING, end: true };
      const over = isOver(app);
      const done = isAggregated(app);
      // Any node sends on to the log server for what it does not have.
      const node = containers.nodeOf(app.id, place.id) ?? (over && history === undefined ? newestMaster(app)?.node : undefined);
      const wanted = { container: place.id, node, file: place.file, over, aggregated: done };
      const piece = await ask(done && history !== undefined ? undefined : node, () => readOne({ http, history }, wanted, offset, maxBytes));
      if (piece !== undefined) return { offset, bytes: piece.bytes, end: done && offset + piece.bytes.length >= piece.length };
      if (over && !done) throw new Unanswered(`the log of ${place.id} cannot be read until it is aggregated`);
      return { offset, bytes: NOTHING, end: done };
    },
  };
}
