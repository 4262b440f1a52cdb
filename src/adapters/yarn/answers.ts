// What the ResourceManager answers, as far as Longshore reads it. Whatever has another shape counts as not said.
// https://hadoop.apache.org/docs/stable/hadoop-yarn/hadoop-yarn-site/ResourceManagerRest.html
import { z } from 'zod';

export const APPLICATION_ID = /^application_\d{1,19}_\d{4,10}$/;

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);

const appSchema = z.object({
  id: z.string().regex(APPLICATION_ID),
  state: z.string(),
  finalStatus: z.string().catch(''),
  user: z.string().catch(''),
  queue: text,
  applicationType: text,
  /** Separated by commas; YARN makes them lower-case and sorts them anew. */
  applicationTags: z.string().catch(''),
  trackingUrl: text,
  diagnostics: text,
  /** Milliseconds since the epoch; 0 for what has not happened. */
  startedTime: number,
  launchTime: number,
  finishedTime: number,
  /** Address of the logs of the first container of the newest attempt: http://node:port/node/containerlogs/<container>/<user>. */
  amContainerLogs: text,
  /** -1 for what does not run. */
  allocatedMB: number,
  allocatedVCores: number,
  runningContainers: number,
  memorySeconds: number,
  vcoreSeconds: number,
  /** 0 to 100. */
  progress: number,
  logAggregationStatus: text,
});
export type App = z.infer<typeof appSchema>;

export const tagsOf = ({ applicationTags }: App): string[] =>
  applicationTags
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);

/** One application; undefined when the answer is none. */
export function readApp(answer: unknown): App | undefined {
  return z.object({ app: appSchema }).safeParse(answer).data?.app;
}

/** Applications that could be read, and how many of the list could not. */
export interface AppList {
  readonly apps: App[];
  readonly unreadable: number;
}

/** A list: `{apps: {app: […]}}`; an empty one may be null or {}, a single application an object. Undefined when the answer is no list. */
export function readApps(answer: unknown): AppList | undefined {
  const read = z
    .object({
      apps: z
        .object({ app: z.union([z.array(z.unknown()), z.unknown()]) })
        .partial()
        .nullable(),
    })
    .safeParse(answer);
  if (!read.success) return undefined;
  const app = read.data.apps?.app;
  const all = app === undefined || app === null ? [] : Array.isArray(app) ? app : [app];
  const apps = all.flatMap((one) => appSchema.safeParse(one).data ?? []);
  return { apps, unreadable: all.length - apps.length };
}

const attemptsSchema = z.object({
  appAttempts: z.object({ appAttempt: z.array(z.object({ id: z.number(), containerId: text, nodeHttpAddress: text })).default([]) }),
});
/** One try to run the application master, counted from 1. */
export type AppAttempt = z.infer<typeof attemptsSchema>['appAttempts']['appAttempt'][number];
/** Undefined when the answer is no such list. */
export const readAttempts = (answer: unknown): AppAttempt[] | undefined => attemptsSchema.safeParse(answer).data?.appAttempts.appAttempt;

export const readNewApplication = (answer: unknown): string | undefined =>
  z.object({ 'application-id': z.string().regex(APPLICATION_ID) }).safeParse(answer).data?.['application-id'];

/** An error in Hadoop's words: exception's name and first line of its message. */
export function readException(answer: unknown): { readonly name: string; readonly message: string } | undefined {
  const read = z.object({ RemoteException: z.object({ exception: z.string(), message: z.string().catch('') }) }).safeParse(answer).data;
  return read && { name: read.RemoteException.exception, message: read.RemoteException.message };
}

/** How the ResourceManager that answers stands; what it does not say is taken for good. */
export const readInfo = (answer: unknown): { readonly startedOn: number; readonly haState: string } | undefined =>
  z.object({ clusterInfo: z.object({ startedOn: z.number().catch(0), haState: z.string().catch('ACTIVE') }) }).safeParse(answer).data?.clusterInfo;

const propertySchema = z.object({ key: z.string(), value: z.string() });
const confSchema = z.union([
  z.object({ property: propertySchema }).transform(({ property }) => [property]),
  z.object({ properties: z.array(z.unknown()) }).transform(({ properties }) => properties.flatMap((one) => propertySchema.safeParse(one).data ?? [])),
]);
/** Value of a property on the configuration page; a release that cannot show one alone shows all. */
export const readProperty = (answer: unknown, name: string): string | undefined =>
  confSchema.safeParse(answer).data?.find(({ key }) => key === name)?.value;

const listOrOne = (value: unknown): unknown[] => (value === undefined || value === null ? [] : Array.isArray(value) ? (value as unknown[]) : [value]);

const livingSchema = z.object({ containerId: z.string(), nodeHttpAddress: z.string() });
/** A container that lives, and the web address of its node. */
export type LivingContainer = z.infer<typeof livingSchema>;
/** `{container: […]}`, or {} when there is none; what cannot be read is left out. Undefined when the answer is no such list. */
export function readContainers(answer: unknown): LivingContainer[] | undefined {
  const read = z.looseObject({ container: z.unknown() }).safeParse(answer).data;
  return read && listOrOne(read.container).flatMap((one) => livingSchema.safeParse(one).data ?? []);
}

/** A file in the aggregated log of a container. */
export interface AggregatedFile {
  readonly container: string;
  readonly file: string;
  readonly size: number;
}
const aggregatedSchema = z.object({ containerId: z.string(), containerLogInfo: z.unknown() });
const fileSchema = z.object({ fileName: z.string(), fileSize: z.coerce.number().int().min(0) });
/** The JobHistoryServer's list of an application's aggregated logs; a list of one is no list there. Undefined when the answer is no such list. */
export function readAggregated(answer: unknown): AggregatedFile[] | undefined {
  const infos = z.object({ containerLogsInfoes: z.object({ containerLogsInfo: z.unknown() }) }).safeParse(answer).data;
  if (infos === undefined) return undefined;
  return listOrOne(infos.containerLogsInfoes.containerLogsInfo).flatMap((one) => {
    const info = aggregatedSchema.safeParse(one).data;
    const files = listOrOne(info?.containerLogInfo).flatMap((file) => fileSchema.safeParse(file).data ?? []);
    return files.map(({ fileName, fileSize }) => ({ container: info!.containerId, file: fileName, size: fileSize }));
  });
}
