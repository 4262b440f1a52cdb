// Where the log of an application lies that the ResourceManager no longer knows.
import { z } from 'zod';
import type { App } from './answers.ts';
import { readJson, Unanswered, type Http } from './http.ts';

/** A list of one is no list there. */
const listOf = <T extends z.ZodType>(one: T) => z.union([z.array(one), one.transform((single) => [single])]);
const attemptsSchema = z.object({ appAttempts: z.object({ appAttempt: listOf(z.object({ appAttemptId: z.string(), amContainerId: z.string() })) }) });
const containersSchema = z.object({
  containers: z.object({ container: listOf(z.object({ containerId: z.string(), nodeHttpAddress: z.string() })) }),
});

async function read<T>(http: Http, timeline: string, path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const answer = await http.send(new URL(`/ws/v1/applicationhistory/apps/${path}`, timeline));
  const json = await readJson(answer);
  if (answer.status !== 200 && answer.status !== 404) throw new Unanswered(`the application history answers ${answer.status}`);
  return schema.safeParse(json).data;
}

/** The application with the address of its newest master's logs, as the ResourceManager named it; without, if the history has none. */
export async function withLogs(http: Http, timeline: string, app: App): Promise<App> {
  const attempts = (await read(http, timeline, `${app.id}/appattempts`, attemptsSchema))?.appAttempts.appAttempt ?? [];
  const newest = attempts.toSorted((a, b) => (a.appAttemptId < b.appAttemptId ? -1 : 1)).at(-1);
  if (newest === undefined) return app;
  const path = `${app.id}/appattempts/${encodeURIComponent(newest.appAttemptId)}/containers`;
  const all = (await read(http, timeline, path, containersSchema))?.containers.container ?? [];
  const master = all.find(({ containerId }) => containerId === newest.amContainerId);
  return master === undefined ? app : { ...app, amContainerLogs: `${master.nodeHttpAddress}/node/containerlogs/${master.containerId}/${app.user}` };
}
