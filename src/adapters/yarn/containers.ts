/**
 * The containers of an application besides those of its masters, which for Spark are its executors, and the names of their logs.
 * While it runs the ResourceManager lists those that live, and is asked only when their number has changed or some time has passed; afterwards
 * the JobHistoryServer lists them all. What was seen is remembered, so that the last words of one that has ended are read, too.
 */
import type { FurtherStreams, LogStream } from '../contract.ts';
import type { AggregatedFile, App, LivingContainer } from './answers.ts';

/** Part of a stream's name ↔ container: container-1-2 is the second container of the first application master. */
const PART = /^container-(?:e([1-9]\d{0,6})-)?([1-9]\d{0,5})-([1-9]\d{0,14})\.(stdout|stderr)$/;
const CONTAINER = /^container_(?:e(\d{2,7})_)?\d{1,19}_\d{4,10}_(\d{2,6})_(\d{6,15})$/;
/** http://host:port; the ResourceManager names it with its scheme here, and without elsewhere. */
const NODE = /^https?:\/\/[A-Za-z0-9._-]+:\d{1,5}$/;
/** One that was replaced by another within a tick is missed by the number alone. */
const ASK_AGAIN_MS = 20_000;
/** Of an application whose containers come and go all the time. */
const LEAST_PAUSE_MS = 2_000;
/** So long after its end a container is still listed, so that its last words are copied while the job runs on. */
const LINGER_MS = 60_000;
/** What nobody has asked for in so long is forgotten. */
const FORGET_MS = 10 * 60_000;
/** More than anybody keeps the logs of. */
const MOST = 5_000;

const FILES = ['stdout', 'stderr'] as const;

interface Place {
  readonly id: string;
  readonly file: (typeof FILES)[number];
}

/** The container and file of a stream of this application; undefined when it is no name of one. */
export function placeOf(application: string, stream: string): Place | undefined {
  const [, epoch, attempt, number, file] = PART.exec(stream) ?? [];
  if (attempt === undefined || number === undefined) return undefined;
  const restart = epoch === undefined ? '' : `e${epoch.padStart(2, '0')}_`;
  const id = `container_${restart}${application.replace('application_', '')}_${attempt.padStart(2, '0')}_${number.padStart(6, '0')}`;
  return { id, file: file as Place['file'] };
}

/** The part of the names of its logs; undefined when it is another application's, or no container at all. */
export function partOf(application: string, container: string): string | undefined {
  const [, epoch, attempt, number] = CONTAINER.exec(container) ?? [];
  if (number === undefined) return undefined;
  const part = `container-${epoch === undefined ? '' : `e${Number(epoch)}-`}${Number(attempt)}-${Number(number)}`;
  // Another application's is none, and two ways to write one must not be two logs.
  return placeOf(application, `${part}.stdout`)?.id === container ? part : undefined;
}

/**
 * Whether an application master runs in it. The application's page names the newest one's; that of an earlier try was the first. In the newest try
 * the first may be any: a ResourceManager that was restarted numbers from one again, with its epoch.
 */
function isMaster({ amContainerLogs }: App, container: string): boolean {
  const newest = amContainerLogs?.split('/').at(-2) ?? '';
  if (container === newest) return true;
  const [, , attempt, number] = CONTAINER.exec(container) ?? [];
  return Number(number) === 1 && attempt !== CONTAINER.exec(newest)?.[2];
}

interface Seen {
  /** Container → its node, and since when the ResourceManager does not list it any more. */
  readonly containers: Map<string, { readonly node: string; goneAt?: number }>;
  /** What `runningContainers` was when it was asked last. */
  count: number | undefined;
  askedAt: number;
  usedAt: number;
}

export interface Containers {
  /** Of one that runs. `list` asks the ResourceManager; it is called only where there may be news. */
  living(app: App, list: () => Promise<readonly LivingContainer[]>): Promise<FurtherStreams>;
  /** All that were seen of one, in their order. */
  seen(application: string): FurtherStreams['streams'];
  /** Where a container runs or ran; undefined when it was never seen. */
  nodeOf(application: string, container: string): string | undefined;
}

export function createContainers(now: () => number = () => performance.now()): Containers {
  const known = new Map<string, Seen>();

  function touch(application: string): Seen {
    const seen = known.get(application) ?? { containers: new Map(), count: undefined, askedAt: Number.NEGATIVE_INFINITY, usedAt: 0 };
    seen.usedAt = now();
    // Those used longest ago come first.
    known.delete(application);
    known.set(application, seen);
    for (const [id, { usedAt }] of known) {
      if (now() - usedAt < FORGET_MS) break;
      known.delete(id);
    }
    return seen;
  }

  function note(application: string, seen: Seen, listed: readonly LivingContainer[]): void {
    const living = new Set<string>();
    for (const { containerId, nodeHttpAddress } of listed) {
      if (partOf(application, containerId) === undefined || !NODE.test(nodeHttpAddress)) continue;
      if (!seen.containers.has(containerId) && seen.containers.size >= MOST) continue;
      living.add(containerId);
      seen.containers.set(containerId, { node: nodeHttpAddress });
    }
    for (const [id, container] of seen.containers) if (!living.has(id)) container.goneAt ??= now();
  }

  return {
    async living(app, list) {
      const count = app.runningContainers;
      // Its master alone, and there never were others: the most common job costs nothing.
      if ((count ?? 0) <= 1 && !known.has(app.id)) return { streams: [], whole: false };
      const seen = touch(app.id);
      const since = now() - seen.askedAt;
      if (since >= ASK_AGAIN_MS || (count !== seen.count && since >= LEAST_PAUSE_MS)) {
        seen.askedAt = now();
        const listed = await list();
        const others = listed.filter(({ containerId }) => !isMaster(app, containerId));
        note(app.id, seen, others);
        seen.count = count;
      }
      const current = [...seen.containers].filter(([, { goneAt }]) => goneAt === undefined || now() - goneAt < LINGER_MS);
      return { streams: streamsOf(app.id, current), whole: false };
    },
    seen: (application) => streamsOf(application, known.get(application)?.containers ?? []),
    nodeOf: (application, container) => known.get(application)?.containers.get(container)?.node,
  };
}

/** Both files of each; which of them have anything nobody knows before they are read. */
const streamsOf = (application: string, containers: Iterable<readonly [string, unknown]>): FurtherStreams['streams'] =>
  [...containers].flatMap(([id]) => namesOf(application, id).map((name) => ({ name })));

const namesOf = (application: string, container: string): LogStream[] => {
  const part = partOf(application, container);
  return part === undefined ? [] : FILES.map((file) => `${part}.${file}` as const);
};

/** What the history server has of one application: its masters' files and other files left out, and empty ones. */
export function aggregatedStreams(app: App, listed: readonly AggregatedFile[]): FurtherStreams['streams'] {
  const files = new Map<LogStream, number>();
  for (const { container, file, size } of listed) {
    const part = partOf(app.id, container);
    const known = FILES.find((one) => one === file);
    if (part === undefined || known === undefined || isMaster(app, container) || size <= 0 || files.size >= MOST) continue;
    files.set(`${part}.${known}`, size);
  }
  return [...files].map(([name, size]) => ({ name, size }));
}
