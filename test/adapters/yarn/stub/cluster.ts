/**
 * A stub of YARN that answers as a real one does (recorded from Hadoop 3.5): ResourceManagers, a NodeManager, a JobHistoryServer and an
 * ApplicationHistoryServer on free ports of this machine. It runs nothing: the test says what becomes of each application.
 */
import { answerAsHistory, answerAsNode, answerAsTimeline } from './logs.ts';
import { answerAsManager, DESELECTS } from './resource-manager.ts';
import { StubServer, type Tls } from './server.ts';
import { isOver, type Context, type Places, type StubApp, type StubAttempt, type StubContainer } from './apps.ts';

export interface StubOptions {
  /** How many ResourceManagers; the first is active. Default 1. */
  readonly managers?: number;
  /** Of the ResourceManagers. */
  readonly tls?: Tls;
}

const STARTED = 1795689478212;

export class StubCluster {
  readonly apps = new Map<string, StubApp>();
  readonly tagged = new Map<string, Set<StubApp>>();
  readonly containers = new Map<string, { readonly app: StubApp; readonly container: StubContainer }>();
  /** Applications whose logs the JobHistoryServer has. */
  readonly aggregated = new Set<string>();
  /** What the ApplicationHistoryServer knows. */
  readonly remembered = new Map<string, StubApp>();

  managers: StubServer[] = [];
  readonly node: StubServer = new StubServer((asked) => answerAsNode(this, asked));
  readonly history: StubServer = new StubServer((asked) => answerAsHistory(this, asked));
  readonly timeline: StubServer = new StubServer((asked) => answerAsTimeline(this, asked));

  /** Index of the active ResourceManager; undefined while there is none. */
  active: number | undefined = 0;
  /** What a standby calls the active one; default: its address. */
  activeAddress: string | undefined;
  /** yarn.application.classpath; undefined: the configuration page does not show it. */
  classpath: string | undefined = '/etc/hadoop/conf,/opt/hadoop/lib/*';
  /** How this release writes an empty list. */
  emptyList: unknown = { apps: {} };
  /** Of the ResourceManager: it is INITIALIZING while it serves and has not yet read what it had saved. */
  haState = 'ACTIVE';
  startedOn = 1_700_000_000_000;
  /** Names that this release knows as deSelects. */
  deSelects: readonly string[] = DESELECTS;
  mayKill: (user: string, app: StubApp) => boolean = () => true;
  /** Whether a kill ends what it is asked to. */
  killEnds = true;
  /** A NodeManager with yarn.log.server.web-service.url. */
  nodeRedirects = true;
  /** Where it redirects to; default: the JobHistoryServer. */
  logServer: string | undefined;
  /** State of an application that was just submitted. */
  initial = 'ACCEPTED';
  /** Called for each new application: what becomes of it. */
  onSubmit: ((app: StubApp) => void) | undefined;
  #number = 0;

  static async start({ managers = 1, tls }: StubOptions = {}): Promise<StubCluster> {
    const stub = new StubCluster();
    stub.managers = Array.from({ length: managers }, (_, index) => new StubServer((asked) => answerAsManager(stub, index, asked), tls));
    await Promise.all(stub.servers.map((server) => server.listen()));
    return stub;
  }

  get servers(): StubServer[] {
    return [...this.managers, this.node, this.history, this.timeline];
  }
  /** The only ResourceManager, or the first. */
  get rm(): StubServer {
    return this.managers[0]!;
  }
  get places(): Places {
    return { rm: this.rm.url, nodeHttp: `127.0.0.1:${this.node.port}`, timeline: this.timeline.url, history: this.history.url };
  }
  /** What a Cluster document says of it. */
  get config(): { resourceManagers: string[]; jobHistory: string; timeline: string } {
    return { resourceManagers: this.managers.map(({ url }) => url), jobHistory: this.history.url, timeline: this.timeline.url };
  }
  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
  }

  newId(): string {
    return `application_${STARTED}_${String(++this.#number).padStart(4, '0')}`;
  }

  /** What the HTTP call does, and tests that want an application at once. */
  submit(id: string, user: string, context: Context): StubApp {
    const given = context['application-tags']?.tag ?? [];
    const app: StubApp = {
      id,
      user,
      name: context['application-name'] ?? 'N/A',
      queue: `root.${context.queue ?? 'default'}`,
      type: context['application-type'] ?? 'YARN',
      tags: [...new Set(given.map((tag) => tag.toLowerCase()))].toSorted(),
      context,
      startedTime: Date.now(),
      launchTime: 0,
      finishedTime: 0,
      state: this.initial,
      finalStatus: 'UNDEFINED',
      diagnostics: '',
      progress: 0,
      logAggregationStatus: 'NOT_START',
      attempts: [],
      override: {},
      cached: new Map(),
    };
    this.apps.set(id, app);
    for (const tag of app.tags) {
      if (!this.tagged.has(tag)) this.tagged.set(tag, new Set());
      this.tagged.get(tag)!.add(app);
    }
    this.onSubmit?.(app);
    return app;
  }

  /** So many applications with these tags and, each, a tag of its own that `keyOf` gives. */
  seed(count: number, tags: readonly string[], keyOf: (index: number) => string, user = 'alice'): StubApp[] {
    return Array.from({ length: count }, (_, index) => {
      const app = this.submit(this.newId(), user, { 'application-name': `job-${index}`, 'application-tags': { tag: [keyOf(index), ...tags] } });
      this.run(app.id);
      return app;
    });
  }

  app(id: string): StubApp {
    const app = this.apps.get(id);
    if (app === undefined) throw new Error(`${id} was not submitted`);
    return app;
  }

  /** Changes what is said of it. */
  change(
    id: string,
    fields: Partial<Pick<StubApp, 'state' | 'finalStatus' | 'diagnostics' | 'progress' | 'logAggregationStatus' | 'override'>>,
  ): void {
    const app = this.app(id);
    Object.assign(app, fields);
    app.cached.clear();
  }

  /** A (further) attempt of the application master gets its container. */
  launch(id: string): StubAttempt {
    const app = this.app(id);
    const number = app.attempts.length + 1;
    for (const before of app.attempts) this.#endAttempt(before, 'FAILED');
    const attempt: StubAttempt = {
      id: `${id.replace('application', 'appattempt')}_${String(number).padStart(6, '0')}`,
      number,
      startTime: Date.now(),
      finishedTime: 0,
      state: 'LAUNCHED',
      containers: [],
    };
    app.attempts.push(attempt);
    app.launchTime ||= Date.now();
    this.addContainer(id);
    return attempt;
  }

  /** A container of the newest attempt; the second is the first executor's. */
  addContainer(id: string): StubContainer {
    const app = this.app(id);
    const attempt = app.attempts.at(-1)!;
    const place = String(attempt.containers.length + 1).padStart(6, '0');
    const container: StubContainer = {
      id: `${id.replace('application', 'container')}_${String(attempt.number).padStart(2, '0')}_${place}`,
      alive: true,
      files: new Map(['stdout', 'stderr'].map((file) => [file, Buffer.alloc(0)])),
    };
    attempt.containers.push(container);
    this.containers.set(container.id, { app, container });
    app.cached.clear();
    return container;
  }

  /** Its newest attempt has one container less; the node keeps its logs as long as the application runs. */
  endContainer(id: string, container: number): void {
    this.app(id).attempts.at(-1)!.containers[container]!.alive = false;
    this.change(id, {});
  }

  run(id: string): void {
    if (this.app(id).attempts.length === 0) this.launch(id);
    this.app(id).attempts.at(-1)!.state = 'RUNNING';
    this.change(id, { state: 'RUNNING', progress: 50 });
  }

  /** Appends to a log of a container of an attempt. */
  log(id: string, text: string | Buffer, { file = 'stdout', attempt = -1, container = 0 } = {}): void {
    const app = this.app(id);
    const { files } = app.attempts.at(attempt > 0 ? attempt - 1 : attempt)!.containers[container]!;
    files.set(file, Buffer.concat([files.get(file) ?? Buffer.alloc(0), Buffer.from(text)]));
  }

  /** Ends it; its logs are still on the node: see aggregate(). */
  end(id: string, state = 'FINISHED', finalStatus = 'SUCCEEDED', diagnostics = 'longshore exit code 0'): void {
    const app = this.app(id);
    for (const attempt of app.attempts) this.#endAttempt(attempt, state);
    app.finishedTime = Date.now();
    this.change(id, { state, finalStatus, diagnostics, progress: 100, logAggregationStatus: app.attempts.length > 0 ? 'RUNNING' : 'NOT_START' });
    this.remembered.set(id, app);
  }

  /** The logs move from the node to the JobHistoryServer. */
  aggregate(id: string): void {
    this.aggregated.add(id);
    this.change(id, { logAggregationStatus: 'SUCCEEDED' });
  }

  /** The ResourceManager no longer knows it. */
  forget(id: string): void {
    const app = this.app(id);
    this.apps.delete(id);
    for (const tag of app.tags) this.tagged.get(tag)?.delete(app);
  }

  nodeHas(app: StubApp): boolean {
    return app.attempts.length > 0 && !(isOver(app.state) && this.aggregated.has(app.id));
  }

  /** Requests to all ResourceManagers that contain a text. */
  asked(text = ''): string[] {
    return this.managers.flatMap((server) => server.asked(text));
  }
  /** Forgets what was asked so far. */
  forgetRequests(): void {
    for (const server of this.servers) server.requests.length = 0;
  }

  #endAttempt(attempt: StubAttempt, state: string): void {
    if (attempt.finishedTime > 0) return;
    attempt.finishedTime = Date.now();
    attempt.state = state;
    for (const container of attempt.containers) container.alive = false;
  }
}
