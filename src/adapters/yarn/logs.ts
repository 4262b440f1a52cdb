// The log of an application's masters: of its first container, from the NodeManagers while it runs, from the JobHistoryServer once they are aggregated.
// Where YARN has started a second application master, the log of the first stands before that of the second.
import { StepError } from '../../specs/errors.ts';
import type { LogChunk } from '../contract.ts';
import type { App, AppAttempt } from './answers.ts';
import { Unanswered, type Http } from './http.ts';
import { readPiece, type Piece, type Place } from './log-file.ts';
import { isAggregated, isOver } from './phases.ts';

/** http://node:port/node/containerlogs/<container>/<user>, as the ResourceManager names the first container of the newest attempt. */
const AM_LOGS = /^(https?:)\/\/([^/?#]+)\/node\/containerlogs\/(container_(?:e\d+_)?\d+_\d+_(\d+)_\d+)\/[^/?#]+$/;
const CONTAINER = /^container_(?:e\d+_)?\d+_\d+_\d+_\d+$/;
const NODE = /^[A-Za-z0-9._-]+:\d{1,5}$/;
/** More application masters than YARN would ever start. */
const MOST_ATTEMPTS = 100;

export interface LogSources {
  readonly http: Http;
  /** Address of the JobHistoryServer, if it is configured. */
  readonly history: string | undefined;
  /** What the ResourceManager says of the application's attempts; it is asked only where there is more than one. */
  readonly attempts: () => Promise<readonly AppAttempt[]>;
}

export interface Master {
  readonly container: string;
  /** http://node:port */
  readonly node: string;
}

export async function readMasterLog(sources: LogSources, app: App, stream: 'stdout' | 'stderr', offset: number, maxBytes: number): Promise<LogChunk> {
  const over = isOver(app);
  const aggregated = isAggregated(app);
  const read: Buffer[] = [];
  let size = 0;
  /** Where in the stream the log of the next application master begins. */
  let begin = 0;
  const masters = await mastersOf(sources, app);
  for (const [index, master] of masters.entries()) {
    const newest = index === masters.length - 1;
    const piece = await readOne(sources, { ...master, file: stream, over, aggregated }, Math.max(0, offset + size - begin), maxBytes - size);
    if (piece === undefined && !(newest ? newestMayMiss({ app, over, aggregated, sources, alone: begin === 0, offset }) : aggregated))
      throw missing(sources, master, aggregated);
    if (piece !== undefined) {
      read.push(piece.bytes);
      size += piece.bytes.length;
      begin += piece.length;
    }
    if (size === maxBytes && !newest) return { offset, bytes: Buffer.concat(read), end: false };
  }
  // With no application master at all, an ended application never had a log.
  return { offset, bytes: Buffer.concat(read), end: (aggregated || (over && masters.length === 0)) && offset + size >= begin };
}

/** The newest application master, and how many there were with it; undefined when there was none, or nobody says where. */
export function newestMaster(app: App): (Master & { readonly attempt: number }) | undefined {
  const [, scheme, host, container, attempt] = AM_LOGS.exec(app.amContainerLogs ?? '') ?? [];
  return container === undefined ? undefined : { container, node: `${scheme}//${host}`, attempt: Number(attempt) };
}

/** Application masters, oldest first. */
async function mastersOf({ attempts }: LogSources, app: App): Promise<Master[]> {
  const newest = newestMaster(app);
  if (newest === undefined) return [];
  const { container, attempt: number } = newest;
  if (number === 1 || number > MOST_ATTEMPTS) return [newest];
  const known = await attempts();
  const earlier = Array.from({ length: number - 1 }, (_, index): Master => {
    const said = known.find(({ id }) => id === index + 1);
    // As YARN numbers them, where it does not say.
    const guess = container.replace(/_\d+_(\d+)$/, (_all, first: string) => `_${String(index + 1).padStart(2, '0')}_${first}`);
    return {
      container: said?.containerId !== undefined && CONTAINER.test(said.containerId) ? said.containerId : guess,
      node:
        said?.nodeHttpAddress !== undefined && NODE.test(said.nodeHttpAddress)
          ? `${new URL(newest.node).protocol}//${said.nodeHttpAddress}`
          : newest.node,
    };
  });
  return [...earlier, newest];
}

export interface Wanted {
  readonly container: string;
  /** http://node:port; undefined when nobody knows it. */
  readonly node: string | undefined;
  readonly file: 'stdout' | 'stderr';
  readonly over: boolean;
  readonly aggregated: boolean;
}

/** A piece of one file of a container, from where it is now. Undefined when it is nowhere. Throws Unanswered. */
export async function readOne(
  { http, history }: Pick<LogSources, 'http' | 'history'>,
  { container, node, file, over, aggregated }: Wanted,
  offset: number,
  maxBytes: number,
): Promise<Piece | undefined> {
  const places: Place[] = node === undefined ? [] : [{ url: `${node}/ws/v1/node/containerlogs/${container}/${file}`, named: true }];
  if (history !== undefined && over) {
    const atHistory: Place = { url: new URL(`/ws/v1/history/containerlogs/${container}/${file}`, history).href, named: false };
    if (aggregated) places.unshift(atHistory);
    else places.push(atHistory);
  }
  for (const at of places) {
    const piece = await readPiece(http, at, offset, maxBytes);
    if (piece !== undefined) return piece;
  }
  return undefined;
}

interface Miss {
  readonly app: App;
  readonly over: boolean;
  readonly aggregated: boolean;
  readonly sources: LogSources;
  /** No earlier application master has a log. */
  readonly alone: boolean;
  readonly offset: number;
}

/** Whether it is in order that the newest application master has no log. */
function newestMayMiss({ app, over, aggregated, sources, alone, offset }: Miss): boolean {
  if (!over) return true;
  if (!aggregated) return false;
  // Stopped before it ran, a container has no log anywhere; nobody says so in other words than that there is none.
  return !alone || (app.state !== 'FINISHED' && offset === 0 && sources.history !== undefined);
}

function missing({ history }: LogSources, { container, node }: Master, aggregated: boolean): Error {
  if (!aggregated) return new Unanswered(`the log of ${container} cannot be read until it is aggregated`);
  const who = history === undefined ? 'and no jobHistory is configured' : `nor has ${history}`;
  return new StepError('SUBMIT_FAILED', `${node} no longer has the log of ${container}, ${who}`, { retryable: true });
}
