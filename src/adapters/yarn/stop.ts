// Stop with proof: everything that carries the key is killed, and looked at again until YARN says that it has ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { crashPoint } from '../../crash-points.ts';
import { StepError } from '../../specs/errors.ts';
import type { Json } from '../../specs/execution.ts';
import { tagsOf, type App } from './answers.ts';
import type { ResourceManagers } from './client.ts';
import { Refused } from './client.ts';
import { ignoreBody, readJson, Unanswered, type Http } from './http.ts';
import { isOver } from './phases.ts';

/** A kill that shows nothing is asked for again. */
const AGAIN_MS = 5_000;
/** The ResourceManager kills in about a second; an application that it cannot kill in so long is told. */
const PATIENCE_MS = 60_000;
/** The node takes a moment to end what the ResourceManager has declared dead. */
const NODE_MS = 10_000;
const LOOK_MS = 200;

/** What was done to one application, for people. */
export interface Receipt {
  readonly [field: string]: Json;
  readonly application: string;
  readonly askedAt: string;
  readonly endedAt: string;
}

/** Tags by which an application is known as ours. */
export interface Marks {
  readonly key: string;
  readonly mark: string;
}

/** Whether it carries both tags. Everything else on the cluster is somebody else's, whatever names it. */
export function isOurs(app: App, { key, mark }: Marks): boolean {
  const tags = tagsOf(app);
  return tags.includes(key) && tags.includes(mark);
}

/** Kills one and waits for its end; `app` is undefined when the ResourceManager has forgotten it meanwhile. Throws START_REFUSED when the cluster refuses, CLUSTER_UNREACHABLE when it does not end. */
export async function killApp(rm: ResourceManagers, http: Http, app: App): Promise<{ readonly app: App | undefined; readonly receipt: Receipt }> {
  const askedAt = new Date().toISOString();
  const begun = performance.now();
  let asked = Number.NEGATIVE_INFINITY;
  for (;;) {
    if (performance.now() - asked >= AGAIN_MS) {
      asked = performance.now();
      await kill(rm, app);
      crashPoint('yarn.stop.after-kill');
    }
    const now = await rm.app(app.id);
    if (now === undefined || isOver(now)) {
      await containersGone(http, now ?? app);
      return { app: now, receipt: { application: app.id, askedAt, endedAt: new Date().toISOString() } };
    }
    if (performance.now() - begun > PATIENCE_MS)
      throw new StepError('CLUSTER_UNREACHABLE', `${app.id} is still ${now.state} a minute after its kill`, { retryable: true });
    await sleep(LOOK_MS);
  }
}

async function kill(rm: ResourceManagers, { id, user }: App): Promise<void> {
  try {
    await rm.kill(user, id);
  } catch (error) {
    if (error instanceof Refused) throw new StepError('START_REFUSED', `YARN does not let ${user} kill ${id}: ${error.message}`, { cause: error });
    // It may have heard; the next look tells.
    if (!(error instanceof Unanswered)) throw error;
  }
}

const nodeAppSchema = z.object({
  app: z.object({
    containerids: z
      .union([z.array(z.string()), z.string()])
      .optional()
      .catch(undefined),
  }),
});

/** Waits until the node of the application master has none of its containers any more. A node that cannot say is not waited for. */
async function containersGone(http: Http, app: App): Promise<void> {
  const node = /^https?:\/\/[^/?#]+/.exec(app.amContainerLogs ?? '')?.[0];
  if (node === undefined) return;
  for (const until = performance.now() + NODE_MS; performance.now() < until;) {
    try {
      const answer = await http.send(new URL(`/ws/v1/node/apps/${app.id}`, node), { named: true });
      if (answer.status !== 200) return ignoreBody(answer);
      const left = nodeAppSchema.safeParse(await readJson(answer)).data?.app.containerids ?? [];
      if (left.length === 0) return;
    } catch (error) {
      if (error instanceof Unanswered) return;
      throw error;
    }
    await sleep(LOOK_MS);
  }
}
