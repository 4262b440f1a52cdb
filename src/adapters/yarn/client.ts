// The ResourceManager's verbs, no policy. Of several ResourceManagers the active one is found, and found again after a failover.
import { crashPoint } from '../../crash-points.ts';
import { ignoreBody, readBytes, Unanswered, MAX_JSON, MAX_PROBLEM, type Answer, type Http, type Request } from './http.ts';
import {
  APPLICATION_ID,
  readApp,
  readApps,
  readAttempts,
  readContainers,
  readException,
  readInfo,
  readNewApplication,
  readProperty,
  type App,
  type AppAttempt,
  type LivingContainer,
} from './answers.ts';

/** The ResourceManager answered, and said no. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  /** Name of Hadoop's exception; empty when it gave none. */
  readonly exception: string;
  constructor(status: number, exception: string, message: string) {
    super(message);
    this.status = status;
    this.exception = exception;
  }
}

/** Which applications; the ResourceManager takes any of several tags. */
export interface Query {
  readonly tag: string;
  readonly states?: readonly string[];
  /** What cannot be read is left out. Default: then nothing is known, because it may be what is looked for. */
  readonly partial?: boolean;
  /** What is not in the list may be there all the same: a ResourceManager that has just started. Saves two requests. */
  readonly glance?: boolean;
}

/** Every verb throws Unanswered when no ResourceManager answers, or with something that cannot be read, and Refused when it says no. */
export interface ResourceManagers {
  newApplication(user: string): Promise<string>;
  /** A success also when the id was submitted before: then nothing new is started. */
  submit(user: string, context: object): Promise<void>;
  /** Undefined when there is no such application (any more). */
  app(id: string): Promise<App | undefined>;
  apps(query: Query): Promise<App[]>;
  /** The tries of an application master; none when there is no such application (any more). */
  attempts(id: string): Promise<AppAttempt[]>;
  /** Containers that live, of one try of the application master, counted from 1; none when there is no such try (any more). */
  containers(id: string, attempt: number): Promise<LivingContainer[]>;
  /** Asks for the end; a success on what has ended or is not there. */
  kill(user: string, id: string): Promise<void>;
  /** A property of its configuration page; undefined when it does not show it. */
  property(name: string): Promise<string | undefined>;
}

/** Exceptions that another try, or another ResourceManager, may not meet. */
const PASSING = /standby|retriable|connect|timeout|ioexception|safemode|interrupted|notyet/i;

/** What a list leaves out: two thirds of it, and nothing that is read. Releases before 3.0 know only the first. */
const UNREAD = ['resourceRequests,resourceInfo,timeouts', 'resourceRequests'] as const;

const as = (user: string): string => `user.name=${encodeURIComponent(user)}`;

const unreadable = (): Unanswered => new Unanswered('the ResourceManager gave an answer that cannot be read');

export function resourceManagers(http: Http, addresses: readonly string[]): ResourceManagers {
  let active = 0;
  let unread: (typeof UNREAD)[number] = UNREAD[0];

  /** The answer of the active one. Each is asked twice at most: a kept connection may have been closed at the other end. */
  async function ask(path: string, request: Request = {}): Promise<Answer> {
    let problem = new Unanswered('there is no ResourceManager');
    const first = active;
    for (let tried = 0; tried < 2 * addresses.length; tried++) {
      const at = (first + tried) % addresses.length;
      try {
        const answer = await http.send(new URL(path, addresses[at]), request);
        const standby = answer.status >= 300 && answer.status < 400;
        if (!standby && answer.status !== 503) {
          active = at;
          return answer;
        }
        ignoreBody(answer);
        problem = new Unanswered(`the ResourceManager ${addresses[at]} ${standby ? standing(answer) : 'is not ready'}`);
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        problem = error;
      }
    }
    throw problem;
  }

  /** Where a standby sends to is not followed: it names an address that its own machines can reach, and whoever can answer in its place any. */
  function standing({ location }: Answer): string {
    if (location === undefined || !URL.canParse(location)) return 'is standby and knows no active one';
    const { host, origin } = new URL(location);
    const known = addresses.some((address) => new URL(address).host === host);
    return `is standby and says that ${origin} is active${known ? '' : ': add that one to config.resourceManagers, unless it is there by another name'}`;
  }

  /** The JSON of an answer to a question. */
  const read = async (path: string): Promise<unknown> => await understand(await ask(path), false);

  /** The JSON of an answer to what changes something. */
  const change = async (path: string, request: Request): Promise<unknown> => await understand(await ask(path, request), true);

  /**
   * When the one that answers was started. While it starts it answers already and has not yet read what it had saved: then it knows of nothing,
   * and an application that it is given and finds a second time in what it had saved ends it (Hadoop 3.5, without failover). Throws Unanswered.
   */
  async function servingSince(): Promise<number> {
    const info = readInfo(await read('/ws/v1/cluster/info'));
    if (info === undefined) throw unreadable();
    if (info.haState !== 'ACTIVE') throw new Unanswered(`the ResourceManager is ${info.haState}: it does not know yet what it had saved`);
    return info.startedOn;
  }

  /** An answer that counts also for what is not in it: given by one that served before and after. Throws Unanswered when it did not. */
  async function firmly<T>(question: () => Promise<T>): Promise<T> {
    const since = await servingSince();
    const answer = await question();
    if ((await servingSince()) !== since) throw new Unanswered('the ResourceManager was started anew in the meantime');
    return answer;
  }

  async function app(id: string): Promise<App | undefined> {
    try {
      const found = readApp(await read(`/ws/v1/cluster/apps/${id}`));
      if (found?.id !== id) throw unreadable();
      return found;
    } catch (error) {
      if (error instanceof Refused && error.status === 404 && error.exception === 'NotFoundException') return undefined;
      throw error;
    }
  }

  async function apps(wanted: Query): Promise<App[]> {
    const { tag, states, partial = false } = wanted;
    const query = new URLSearchParams({ applicationTags: tag, deSelects: unread, ...(states && { states: states.join(',') }) });
    try {
      const found = readApps(await read(`/ws/v1/cluster/apps?${query.toString()}`));
      if (found === undefined || (found.unreadable > 0 && (!partial || found.apps.length === 0))) throw unreadable();
      return found.apps;
    } catch (error) {
      if (!(error instanceof Refused) || unread === UNREAD[1] || !error.message.includes('deSelects')) throw error;
      unread = UNREAD[1];
      return await apps(wanted);
    }
  }

  return {
    async newApplication(user) {
      const id = readNewApplication(await change(`/ws/v1/cluster/apps/new-application?${as(user)}`, { method: 'POST' }));
      if (id === undefined) throw unreadable();
      return id;
    },
    async submit(user, context) {
      await servingSince();
      const answer = await ask(`/ws/v1/cluster/apps?${as(user)}`, { method: 'POST', json: context });
      crashPoint('yarn.start.unread');
      await understand(answer, true);
    },
    async app(id) {
      // A handle may come from a person's hand; what is no id is nobody's.
      if (!APPLICATION_ID.test(id)) return undefined;
      return (await app(id)) ?? (await firmly(() => app(id)));
    },
    apps: (wanted) => (wanted.glance === true ? apps(wanted) : firmly(() => apps(wanted))),
    async attempts(id) {
      try {
        const found = readAttempts(await read(`/ws/v1/cluster/apps/${id}/appattempts`));
        if (found === undefined) throw unreadable();
        return found;
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return [];
        throw error;
      }
    },
    async containers(id, attempt) {
      const name = `${id.replace('application', 'appattempt')}_${String(attempt).padStart(6, '0')}`;
      try {
        const found = readContainers(await read(`/ws/v1/cluster/apps/${id}/appattempts/${name}/containers`));
        if (found === undefined) throw unreadable();
        return found;
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return [];
        throw error;
      }
    },
    async kill(user, id) {
      try {
        await change(`/ws/v1/cluster/apps/${id}/state?${as(user)}`, { method: 'PUT', json: { state: 'KILLED' } });
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return;
        throw error;
      }
    },
    async property(name) {
      const answer = await ask(`/conf?name=${encodeURIComponent(name)}`);
      // It does not know the name; the answer has no words.
      if (answer.status === 404) {
        ignoreBody(answer);
        return undefined;
      }
      const json = await understand(answer, false);
      if (json === undefined) throw unreadable();
      return readProperty(json, name);
    },
  };
}

async function understand(answer: Answer, changes: boolean): Promise<unknown> {
  const ok = answer.status < 300;
  const text = (await readBytes(answer, ok ? MAX_JSON : MAX_PROBLEM)).toString('utf8');
  const json = parsed(text);
  if (ok) return json;
  const said = readException(json);
  const first = (said?.message || (json === undefined && !/^\s*</.test(text) ? text.trim() : '')).split('\n')[0]!.slice(0, 300);
  const message = first || `the ResourceManager answers ${answer.status}`;
  // What is not in Hadoop's words may be a proxy's; to what would change something its web server says no in plain words, too.
  const no = said !== undefined ? !PASSING.test(said.name) : changes && [401, 403].includes(answer.status);
  throw no ? new Refused(answer.status, said?.name ?? '', message) : new Unanswered(`the ResourceManager cannot say: ${message}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
