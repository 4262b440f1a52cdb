// Applications that the ResourceManager no longer knows: evicted, or forgotten in a restart. The ApplicationHistoryServer may know them.
// https://hadoop.apache.org/docs/stable/hadoop-yarn/hadoop-yarn-site/TimelineServer.html#GENERIC_DATA_REST_APIS
import { z } from 'zod';
import { APPLICATION_ID, readException, type App } from './answers.ts';
import { readJson, Unanswered, type Http } from './http.ts';
import { isOver } from './phases.ts';

const text = z.string().optional().catch(undefined);
const time = z.number().optional().catch(undefined);
const answerSchema = z.object({
  app: z.object({
    appId: z.string().regex(APPLICATION_ID),
    appState: z.string(),
    finalAppStatus: z.string().catch(''),
    user: z.string().catch(''),
    queue: text,
    type: text,
    applicationTags: z.string().catch(''),
    trackingUrl: text,
    diagnosticsInfo: text,
    startedTime: time,
    launchTime: time,
    finishedTime: time,
  }),
});

/** How it ended, if the history says so; what it still shows as running it has only not heard the end of. Throws Unanswered. */
export async function lookUpEnded(http: Http, timeline: string, id: string): Promise<App | undefined> {
  const answer = await http.send(new URL(`/ws/v1/applicationhistory/apps/${id}`, timeline));
  const json = await readJson(answer);
  // Any other 404 may be that of a server that is no history.
  if (answer.status === 404 && readException(json)?.name === 'NotFoundException') return undefined;
  if (answer.status >= 300) throw new Unanswered(`the application history answers ${answer.status}`);
  const app = answerSchema.safeParse(json).data?.app;
  if (app === undefined || app.appId !== id) throw new Unanswered('the application history gave an answer that cannot be read');
  const { appState: state, finalAppStatus: finalStatus, type: applicationType, diagnosticsInfo: diagnostics } = app;
  const { user, queue, applicationTags, trackingUrl, startedTime, launchTime, finishedTime } = app;
  const found = {
    id,
    state,
    finalStatus,
    user,
    queue,
    applicationType,
    applicationTags,
    trackingUrl,
    diagnostics,
    startedTime,
    launchTime,
    finishedTime,
  };
  return isOver(found)
    ? { ...found, amContainerLogs: undefined, allocatedMB: undefined, allocatedVCores: undefined, runningContainers: undefined, ...UNSAID }
    : undefined;
}

const UNSAID = { memorySeconds: undefined, vcoreSeconds: undefined, progress: undefined, logAggregationStatus: undefined };
