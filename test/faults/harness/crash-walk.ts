// Kills processes at every named point that they come by: each start of a process carries all points at which it has not died yet,
// it dies at the first that it reaches often enough, and is started again with the rest.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CrashPlan } from '../../../src/crash-points.ts';
import type { Supervised } from './supervised.ts';
import type { World } from './world.ts';

export interface Walk {
  readonly victim: Supervised;
  readonly points: readonly string[];
  readonly action: 'kill' | 'throw';
  /** Ends, whatever is left, after so long. */
  readonly budgetMs: number;
  /** How often a point may be passed before it kills. Default 8. */
  readonly mostHits?: number;
}

/** Walks until every point was hit or the time is up; returns the points at which the process died. */
export async function walk(world: World, { victim, points, action, budgetMs, mostHits = 8 }: Walk): Promise<string[]> {
  const left = new Set(points);
  const died: string[] = [];
  const deadline = Date.now() + budgetMs;
  while (left.size > 0 && Date.now() < deadline) {
    // Late hits first, so that jobs are in every state; then any hit, so that rare points are met.
    const most = died.length === 0 || Date.now() < deadline - budgetMs / 2 ? mostHits : 1;
    const crash: CrashPlan[] = [...left].map((point) => ({ point, action, hit: world.random.between(1, most) }));
    world.stack.plans.set(victim.name, crash);
    await victim.crash();
    const incarnation = victim.incarnations + 1;
    const journal = path.join(world.stack.folder, 'journal', `${victim.name}-${incarnation}`);
    const hit = await hitBefore(journal, action, crash, Math.min(deadline, Date.now() + 25_000));
    for (const point of hit) {
      died.push(point);
      left.delete(point);
    }
    if (hit.length > 0) world.log(`${victim.name} ${action === 'kill' ? 'died' : 'failed'} at ${hit.join(', ')}`);
  }
  world.stack.plans.delete(victim.name);
  return died;
}

/** The points whose planned hit the journal shows; one is enough where it kills. */
async function hitBefore(journal: string, action: Walk['action'], crash: readonly CrashPlan[], deadline: number): Promise<string[]> {
  while (Date.now() < deadline) {
    const calls = await journalled(journal);
    const reached = crash.filter(({ point, hit = 1 }) => (calls.get(point) ?? 0) >= hit).map(({ point }) => point);
    const enough = action === 'kill' ? 1 : crash.length;
    if (reached.length >= enough) return reached;
    await delay(100);
  }
  const calls = await journalled(journal);
  return crash.filter(({ point, hit = 1 }) => (calls.get(point) ?? 0) >= hit).map(({ point }) => point);
}

/** How often each point was called, by the journal of one incarnation. */
async function journalled(file: string): Promise<Map<string, number>> {
  const calls = new Map<string, number>();
  const text = await readFile(file, 'utf8').catch(() => '');
  for (const point of text.split('\n')) if (point !== '') calls.set(point, (calls.get(point) ?? 0) + 1);
  return calls;
}

/** Every point that any process of the scenario came by. */
export async function pointsSeen(folder: string): Promise<Set<string>> {
  const journals = path.join(folder, 'journal');
  const seen = new Set<string>();
  for (const file of await readdir(journals).catch(() => []))
    for (const point of (await journalled(path.join(journals, file))).keys()) seen.add(point);
  return seen;
}
