// The adapter `yarn`: policy only. The verbs of the ResourceManager, the staging folder and the logs are beside it.
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { crashPoint, guardStands } from '../../crash-points.ts';
import { StepError } from '../../specs/errors.ts';
import type { ClusterRecord, Handle } from '../../specs/execution.ts';
import { ATTEMPT_KEY } from '../../specs/patterns.ts';
import type { Adapter, Attempt, Host, Remains, StartContext, Stopped } from '../contract.ts';
import { tagsOf, type App } from './answers.ts';
import { applications } from './applications.ts';
import { resourceManagers } from './client.ts';
import { collectOutputs } from './collect.ts';
import { plainly } from './errors.ts';
import { executorLogs } from './executor-logs.ts';
import { createHttp, Unanswered } from './http.ts';
import type { YarnConfig } from './index.ts';
import { readMasterLog } from './logs.ts';
import { isOver, LIVING, observe } from './phases.ts';
import { renderProcess } from './process.ts';
import { renderSpark } from './spark/render.ts';
import { otherSubmitter, startBySparkSubmit, stopSubmitter } from './spark/submit.ts';
import { pruneSubmitters } from './spark/submitter.ts';
import { requireNotEnded, submitOnce, untilSaved } from './start.ts';
import { stagingOf } from './staging/index.ts';
import type { Staging } from './staging/contract.ts';
import { killApp, type Marks, type Receipt } from './stop.ts';
import type { Renderer, Site, Submission } from './submission.ts';
import { attemptFolder, keptNote, leaveTombstone, remainsOf, removeRemains, submitterNote, takeBack, tombstoneOf, usersOf } from './tombstones.ts';

const RENDERERS: { readonly [template: string]: Renderer } = { process: renderProcess, spark: renderSpark };
/** YARN makes tags lower-case. */
const markTag = (mark: string): string => `longshore-${mark.toLowerCase()}`;
const marksOf = (key: string, mark: string): Marks => ({ key, mark: markTag(mark) });

/** Of one try to start. */
const tryFolder = (key: string): string => `${attemptFolder(key)}/${randomUUID()}`;
/** Takes the outputs, whichever try began. */
const outFolder = (key: string): string => `${attemptFolder(key)}/out`;

const handleOf = ({ id, user }: Pick<App, 'id' | 'user'>): Handle => ({ id, user });

/** Whether its job type is submitted by spark-submit, which chooses the application's id itself. */
const bySparkSubmit = ({ cluster, spec }: Pick<Attempt, 'cluster' | 'spec'>): boolean => cluster.engines[spec.type]?.submit === 'spark-submit';

export async function yarnAdapter(cluster: ClusterRecord, config: YarnConfig, host: Host): Promise<Adapter> {
  const http = await createHttp(config.ca);
  const rm = resourceManagers(http, config.resourceManagers);
  const ownUser = config.user ?? userInfo().username;
  const apps = applications(http, rm, config);
  const executors = executorLogs(http, rm, config.jobHistory);
  let classpath: Promise<string> | undefined;

  const stagingFor = (user: string): Staging => stagingOf(http, config, user);
  /** A handle keeps the user, so that a change of the cluster's document does not lose what runs. */
  const userOf = ({ spec }: Attempt, handle?: Handle): string => (typeof handle?.['user'] === 'string' ? handle['user'] : (spec.user ?? ownUser));

  async function readClasspath(): Promise<string> {
    const value = config.applicationClasspath ?? (await rm.property('yarn.application.classpath'));
    if (value === undefined)
      throw new StepError('PREPARE_FAILED', `cluster ${cluster.name} does not show its yarn.application.classpath: set config.applicationClasspath`);
    return value;
  }

  function siteOf(attempt: Attempt, signal: AbortSignal, folder = tryFolder(attempt.ref.key)): Site {
    const { ref, spec } = attempt;
    const user = userOf(attempt);
    const staging = stagingFor(user);
    return {
      config,
      user,
      queue: config.queues[spec.queue] ?? spec.queue,
      tags: [ref.key, markTag(ref.mark)],
      staging: {
        uri: staging.uri(folder),
        put: async (name, content) => {
          crashPoint('yarn.stage.before-file');
          const file = await staging.write(`${folder}/${name}`, content, signal);
          crashPoint('yarn.stage.after-file');
          return file;
        },
        stat: (uri) => staging.stat(uri),
      },
      outputs: staging.uri(outFolder(ref.key)),
      classpath: () => (classpath ??= readClasspath().catch((error: unknown) => ((classpath = undefined), Promise.reject(error as Error)))),
    };
  }

  async function startSparkSubmit(attempt: Attempt, context: StartContext): Promise<Handle> {
    const { ref } = attempt;
    const { gate, signal } = context;
    const site = siteOf(attempt, signal);
    const staging = stagingFor(site.user);
    await requireNotEnded(staging, ref.key);
    await staging.give(outFolder(ref.key));
    const id = await startBySparkSubmit({
      attempt,
      context,
      site,
      host,
      findByTag: async () => (guardStands('find') ? (await apps.allOf(marksOf(ref.key, ref.mark), []))[0]?.id : undefined),
      note: submitterNote(staging, ref.key),
      gate: async () => {
        if (guardStands('gate')) await gate();
        await requireNotEnded(staging, ref.key);
      },
      signal,
    });
    return handleOf({ id, user: site.user });
  }

  /** Nothing can come any more of a spark-submit: it is dead, or what it submitted has been found. */
  async function endSparkSubmit(attempt: Attempt, user: string): Promise<void> {
    const { key, mark } = attempt.ref;
    await stopSubmitter(host.dataDir, key);
    const other = await otherSubmitter(submitterNote(stagingFor(user), key), host);
    if (other === undefined || (await apps.allOf(marksOf(key, mark), [])).length > 0) return;
    const until = new Date(other.until).toISOString();
    throw new StepError(
      'CLUSTER_UNREACHABLE',
      `spark-submit of worker ${other.worker} may be at work until ${until}, and nothing of it is to be seen yet`,
      {
        retryable: true,
      },
    );
  }

  /** Kills what lives under the key. The observation is that of the oldest: later ones are twins, which were never the job. */
  async function stopAll(marks: Marks, user: string, ids: readonly (string | undefined)[]): Promise<Stopped> {
    crashPoint('yarn.stop.before-tombstone');
    if (guardStands('tombstone')) await leaveTombstone(stagingFor(user), marks.key);
    crashPoint('yarn.stop.after-tombstone');
    const found = await apps.allOf(marks, ids);
    const receipts: Receipt[] = [];
    let first: Stopped | undefined;
    for (const app of found) {
      const killed = isOver(app) ? undefined : await killApp(rm, http, app);
      const last = killed === undefined ? app : killed.app;
      // YARN says KILLED of what was killed in time, and of nothing else.
      const byItself = last !== undefined && isOver(last) && last.state !== 'KILLED';
      first ??= last === undefined ? await apps.observeGone(app.id) : { ...observe(last, new Date()), ...(byItself && { byItself }) };
      if (killed) receipts.push(killed.receipt);
    }
    if (first === undefined) {
      // What comes late finds none of its files.
      await stagingFor(user).remove(attemptFolder(marks.key));
      return { phase: 'not-found', message: 'YARN has no application of it; it can no longer start', observedAt: new Date().toISOString() };
    }
    return receipts.length === 0 ? first : { ...first, detail: { ...first.detail, stopped: receipts } };
  }

  async function stopAttempt(attempt: Attempt, handle: Handle | undefined): Promise<Stopped> {
    const { key, mark, id } = attempt.ref;
    const user = userOf(attempt, handle);
    if (bySparkSubmit(attempt)) {
      // Before the last look for it: no other worker may begin one after that.
      if (guardStands('tombstone')) await leaveTombstone(stagingFor(user), key);
      await endSparkSubmit(attempt, user);
    }
    return await stopAll(marksOf(key, mark), user, [handle?.id, id]);
  }

  /** A folder that its user may not look into, because somebody else has put it there, keeps nobody else's from being looked into. */
  async function left(user: string, before: number): Promise<Remains[]> {
    try {
      return await remainsOf(stagingFor(user), before);
    } catch (error) {
      if (user === ownUser || error instanceof Unanswered) throw error;
      return [];
    }
  }

  return {
    // An id that is not used, as by spark-submit, is no application.
    allocateId: (attempt) =>
      plainly(async () => {
        const id = await rm.newApplication(userOf(attempt));
        crashPoint('yarn.id.after');
        return id;
      }),

    stage: (attempt, context) =>
      plainly(async (): Promise<Submission | undefined> => {
        const staging = stagingFor(userOf(attempt));
        await requireNotEnded(staging, attempt.ref.key);
        // spark-submit does it all by itself.
        if (bySparkSubmit(attempt)) return undefined;
        const render = RENDERERS[context.plan.template];
        if (render === undefined) throw new StepError('PREPARE_FAILED', `template "${context.plan.template}" cannot be rendered for YARN`);
        const { key } = attempt.ref;
        const folder = tryFolder(key);
        try {
          const submission = await render(attempt, context, siteOf(attempt, context.signal, folder));
          await staging.give(folder);
          await staging.give(outFolder(key));
          // A clean that came in the meantime has not seen all of it, and none comes after it.
          await requireNotEnded(staging, key);
          return submission;
        } catch (error) {
          await takeBack(staging, key, folder).catch(() => undefined);
          throw error;
        }
      }),

    start: (attempt, context) =>
      plainly(async () => {
        const { id, key, mark } = attempt.ref;
        if (bySparkSubmit(attempt)) return await startSparkSubmit(attempt, context);
        if (id === undefined) throw new StepError('START_ERROR', 'it was given no application id');
        const there = guardStands('find') ? await rm.app(id) : undefined;
        const marks = marksOf(key, mark);
        if (there !== undefined) {
          await untilSaved(rm, id, marks, context.signal);
          return handleOf(there);
        }
        const site = siteOf(attempt, context.signal);
        await requireNotEnded(stagingFor(site.user), key);
        await submitOnce(rm, stagingFor(site.user), attempt, { id, marks, site, submission: context.staged as Submission }, context);
        return handleOf({ id, user: site.user });
      }),

    find: ({ ref }) =>
      plainly(async () => {
        const [oldest] = await apps.allOf(marksOf(ref.key, ref.mark), [ref.id]);
        return oldest && handleOf(oldest);
      }),

    list: (mark) =>
      plainly(async () => {
        const living = await rm.apps({ tag: markTag(mark), states: LIVING, partial: true });
        return living.flatMap((app) => {
          // A ResourceManager that heeds no filter lists what is not ours.
          if (!tagsOf(app).includes(markTag(mark))) return [];
          const key = tagsOf(app).find((tag) => ATTEMPT_KEY.test(tag));
          return key === undefined ? [] : [{ key, handle: handleOf(app), phase: observe(app, new Date()).phase }];
        });
      }),

    describe: (asked) =>
      plainly(async () => {
        const [only] = asked;
        if (asked.length === 1 && only !== undefined) return [await apps.observe(only.handle.id)];
        const marks = new Set(asked.map(({ attempt }) => markTag(attempt.ref.mark)));
        const ids = asked.map(({ handle }) => handle.id);
        return await apps.observeAll(marks, ids);
      }),

    stop: (attempt, handle) =>
      plainly(async () => {
        return await stopAttempt(attempt, handle);
      }),

    stopKey: (key, mark) =>
      plainly(async () => {
        const users = new Set([ownUser, ...(await apps.allOf(marksOf(key, mark), [])).map(({ user }) => user)]);
        for (const user of users) {
          await stopAll(marksOf(key, mark), user, []);
          await stagingFor(user).remove(attemptFolder(key));
        }
      }),

    readLog: (attempt, handle, stream, offset, maxBytes) =>
      plainly(async () => {
        const app = await apps.forLog(handle.id);
        if (app === undefined) return { offset, bytes: Buffer.alloc(0), end: true };
        if (stream !== 'stdout' && stream !== 'stderr') return await executors.read(app, stream, offset, maxBytes);
        const sources = { http, history: config.jobHistory, attempts: () => rm.attempts(app.id) };
        return await readMasterLog(sources, app, stream, offset, maxBytes);
      }),

    streams: (_attempt, handle) =>
      plainly(async () => {
        const app = await apps.forLog(handle.id);
        return app === undefined ? { streams: [], whole: true } : await executors.streams(app);
      }),

    collect: (attempt, handle, { maxBytes }) =>
      plainly(() => collectOutputs(stagingFor(userOf(attempt, handle)), attemptFolder(attempt.ref.key), attempt, maxBytes)),

    keep: (attempt, text) =>
      plainly(async () => {
        const staging = stagingFor(userOf(attempt));
        await requireNotEnded(staging, attempt.ref.key);
        await keptNote(staging, attempt.ref.key).write(text);
      }),
    kept: (attempt) => plainly(() => keptNote(stagingFor(userOf(attempt)), attempt.ref.key).read()),

    note: (attempt, text) => plainly(() => leaveTombstone(stagingFor(userOf(attempt)), attempt.ref.key, text)),
    noted: (attempt) => plainly(() => tombstoneOf(stagingFor(userOf(attempt)), attempt.ref.key)),

    clean: (attempt, handle) =>
      plainly(async () => {
        crashPoint('yarn.clean.before-stop');
        await stopAttempt(attempt, handle);
        crashPoint('yarn.clean.before-remove');
        await stagingFor(userOf(attempt, handle)).remove(attemptFolder(attempt.ref.key));
        crashPoint('yarn.clean.after-remove');
      }),

    remains: (olderThanMs) =>
      plainly(async () => {
        await pruneSubmitters(host.dataDir, olderThanMs);
        const all: Remains[] = [];
        for (const user of await usersOf(stagingFor(ownUser), ownUser)) all.push(...(await left(user, Date.now() - olderThanMs)));
        return all;
      }),

    prune: (over) =>
      plainly(async () => {
        const wanted = new Set(over);
        for (const user of await usersOf(stagingFor(ownUser), ownUser)) {
          for (const { key } of await left(user, Number.POSITIVE_INFINITY)) if (wanted.has(key)) await removeRemains(stagingFor(user), key);
        }
      }),

    close: async () => http.close(),
  };
}
