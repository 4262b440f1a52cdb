// Start by the ResourceManager's REST API: the id was in history before, so that submitting it again, from anywhere, starts nothing new.
import { setTimeout as sleep } from 'node:timers/promises';
import { crashPoint, guardStands } from '../../crash-points.ts';
import { StepError } from '../../specs/errors.ts';
import type { Attempt, StartContext } from '../contract.ts';
import type { ResourceManagers } from './client.ts';
import { isOurs, type Marks } from './stop.ts';
import type { Staging } from './staging/contract.ts';
import type { Site, Submission } from './submission.ts';
import { tombstoneOf } from './tombstones.ts';

/** Until then it is in the ResourceManager's memory alone, and a crash forgets it. */
const UNSAVED = ['NEW', 'NEW_SAVING'];
const LOOK_MS = 50;
const LOOKS = 40;

/** Throws START_REFUSED when a stop or a clean was before it. */
export async function requireNotEnded(staging: Staging, key: string): Promise<void> {
  if (guardStands('tombstone') && (await tombstoneOf(staging, key)) !== undefined)
    throw new StepError('START_REFUSED', 'the attempt was stopped or cleaned before it started');
}

/** Submits, once the gate has let it, and waits until the ResourceManager has saved it. */
export async function submitOnce(
  rm: ResourceManagers,
  staging: Staging,
  attempt: Attempt,
  { id, marks, site, submission }: { readonly id: string; readonly marks: Marks; readonly site: Site; readonly submission: Submission },
  { gate, signal }: Pick<StartContext, 'gate' | 'signal'>,
): Promise<void> {
  crashPoint('yarn.start.before-gate');
  if (guardStands('gate')) await gate();
  crashPoint('yarn.start.after-gate');
  await requireNotEnded(staging, attempt.ref.key);
  crashPoint('yarn.start.before-submit');
  await rm.submit(site.user, contextOf(id, site, submission));
  crashPoint('yarn.start.after-submit');
  await untilSaved(rm, id, marks, signal);
}

/**
 * Waits until the ResourceManager will remember it. Throws START_ERROR when the id is somebody else's application, which a submission leaves as
 * it is, and CLUSTER_UNREACHABLE when it is not (yet) to be relied on.
 */
export async function untilSaved(rm: ResourceManagers, id: string, marks: Marks, signal: AbortSignal): Promise<void> {
  for (let looked = 0; ; looked++) {
    const app = await rm.app(id);
    if (app !== undefined && !isOurs(app, marks))
      throw new StepError('START_ERROR', `${id} is an application that does not carry this attempt's tags`);
    if (app !== undefined && !UNSAVED.includes(app.state)) return;
    if (app === undefined || looked === LOOKS) {
      const problem = app === undefined ? 'does not know it now' : `has not saved it (${app.state})`;
      throw new StepError('CLUSTER_UNREACHABLE', `the ResourceManager took ${id} and ${problem}: it is submitted again`, { retryable: true });
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** https://hadoop.apache.org/docs/stable/hadoop-yarn/hadoop-yarn-site/ResourceManagerRest.html, "Submit Application". */
const contextOf = (id: string, { queue, tags }: Site, submission: Submission): object => ({
  'application-id': id,
  'application-name': submission.name,
  'application-type': submission.type,
  'application-tags': { tag: tags },
  queue,
  // Without one it would come after those that have: the clients of Hadoop send this.
  priority: 0,
  'max-app-attempts': submission.maxAttempts,
  'unmanaged-AM': false,
  'keep-containers-across-application-attempts': false,
  resource: submission.resource,
  'am-container-spec': {
    commands: { command: submission.command },
    environment: { entry: Object.entries(submission.environment).map(([key, value]) => ({ key, value })) },
    'local-resources': {
      entry: Object.entries(submission.resources).map(([key, { uri, type, size, timestamp, kept }]) => ({
        key,
        value: { resource: uri, type, visibility: kept === true ? 'PRIVATE' : 'APPLICATION', size, timestamp },
      })),
    },
  },
});
