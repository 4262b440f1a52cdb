// A watcher with a Temporal and clusters whose answers a test gives.
import { pino } from 'pino';
import type { AsyncCompletionClient } from '@temporalio/client';
import type { Cluster } from '../../src/activities/clusters.ts';
import { NO_MASK } from '../../src/activities/mask.ts';
import type { Registration } from '../../src/activities/watched.ts';
import { createWatcher, type Watcher } from '../../src/activities/watcher.ts';
import type { DescribeResult } from '../../src/specs/activities.ts';
import type { Observation } from '../../src/specs/execution.ts';

export const RUNNING: Observation = { phase: 'running', observedAt: '2026-11-21T10:00:00.000Z' };

const name = (token: Uint8Array) => Buffer.from(token).toString();

/** Temporal as the watcher sees it: what arrived, and what it answers. */
export function temporal(answer: { complete?: () => void; heartbeat?: () => void } = {}) {
  const completed = new Map<string, DescribeResult>();
  const beats = new Map<string, unknown>();
  const failed: string[] = [];
  const cancelled: string[] = [];
  const tokens = {
    withDeadline: (_: number, work: () => Promise<unknown>) => work(),
    complete: async (token: Uint8Array, result: DescribeResult) => {
      answer.complete?.();
      completed.set(name(token), result);
    },
    heartbeat: async (token: Uint8Array, details: unknown) => {
      answer.heartbeat?.();
      beats.set(name(token), details);
    },
    fail: async (token: Uint8Array) => void failed.push(name(token)),
    reportCancellation: async (token: Uint8Array) => void cancelled.push(name(token)),
  } as unknown as AsyncCompletionClient;
  return { tokens, completed, beats, failed, cancelled };
}

type Describe = (asked: readonly { handle: { id: string } }[]) => unknown;
/** A cluster whose answers the test gives. */
export function clusterOf(describe: Describe): Cluster & { calls: number } {
  const cluster = {
    calls: 0,
    record: { name: 'c', type: 't', version: 1, workers: 'w', config: {}, engines: {} },
    type: { watchEveryMs: 20, hostBound: true },
    adapter: {
      describe: async (asked: readonly { handle: { id: string } }[]) => {
        cluster.calls++;
        return await describe(asked);
      },
    },
  };
  return cluster as unknown as Cluster & { calls: number };
}

export const job = (cluster: Cluster, id: string, more: Partial<Registration> = {}): Registration => ({
  id,
  taskToken: Buffer.from(id),
  heartbeatTimeoutMs: 60_000,
  cluster,
  attempt: { ref: { key: id } } as Registration['attempt'],
  handle: { id },
  known: RUNNING,
  mask: NO_MASK,
  ...more,
});

const watchers: Watcher[] = [];
export function watcherFor(tokens: AsyncCompletionClient, staleAfterMs = 30_000): Watcher {
  const quiet = { copy: async () => undefined, finish: async () => undefined };
  const watcher = createWatcher({ tokens, pump: quiet, logger: pino({ level: 'silent' }), staleAfterMs });
  watchers.push(watcher);
  return watcher;
}
/** For afterEach: ends the watchers that a test made. */
export async function drainWatchers(): Promise<void> {
  await Promise.all(watchers.splice(0).map((watcher) => watcher.drain()));
}
