// The client of the scenarios: it writes down every request with its outcome, and repeats what got no clear answer under the same identity.
import { setTimeout as delay } from 'node:timers/promises';
import type { JobSummary, JobView } from '../../../src/specs/views.schema.ts';
import type { RunSummary, RunView } from '../../../src/specs/run-views.schema.ts';
import type { Call, RunSighting, Sighting } from '../checker/evidence.ts';
import type { PlannedJob } from './mix.ts';
import type { PlannedRun } from './runs.ts';

const ATTEMPT_TIMEOUT_MS = 15_000;

export class JobClient {
  readonly calls: Call[];
  readonly sightings: Sighting[];
  readonly runSightings: RunSighting[];
  /** Id of the job, the run or the backfill by request id, once an answer has told it. */
  readonly ids: Map<string, string>;
  readonly #url: () => string;
  readonly #token: () => string;
  readonly #over: AbortController;

  /** `url` is asked for each request, so that scenarios can lead it through a proxy or to another API; `journal` is the client whose
   * journal it shares. */
  constructor(url: () => string, token: () => string, journal?: JobClient) {
    this.calls = journal?.calls ?? [];
    this.sightings = journal?.sightings ?? [];
    this.runSightings = journal?.runSightings ?? [];
    this.ids = journal?.ids ?? new Map();
    this.#over = journal === undefined ? new AbortController() : journal.#over;
    this.#url = url;
    this.#token = token;
  }

  /** Creates the job, again and again until the answer is clear. */
  async create(job: PlannedJob): Promise<void> {
    const body = { requestId: job.intent.requestId, spec: job.spec };
    await this.#insist(() => this.once('create', job.intent.requestId, '/api/v1/jobs', body));
  }

  /** The same request id with another spec: must be refused. */
  async conflict(job: PlannedJob): Promise<void> {
    const body = { requestId: job.intent.requestId, spec: { ...job.spec, description: 'another one' } };
    await this.#insist(() => this.once('conflict', job.intent.requestId, '/api/v1/jobs', body));
  }

  async kill(requestId: string, id = `kill-${requestId}`): Promise<void> {
    await this.#insist(async () => this.once('kill', requestId, `/api/v1/jobs/${await this.idOf(requestId)}/kill`, { id, reason: 'scenario' }));
  }

  async rerun(requestId: string, id: string): Promise<void> {
    await this.#insist(async () => this.once('rerun', requestId, `/api/v1/jobs/${await this.idOf(requestId)}/rerun`, { id }));
  }

  async resolve(requestId: string, as: 'rerun' | 'killed' | 'failed', id = `resolve-${requestId}`): Promise<void> {
    await this.#insist(async () => this.once('resolve', requestId, `/api/v1/jobs/${await this.idOf(requestId)}/resolve`, { id, as }));
  }

  /** Creates the run, again and again until the answer is clear. */
  async createRun({ intent: { requestId }, spec }: PlannedRun): Promise<void> {
    await this.#insist(() => this.once('create', requestId, '/api/v1/runs', { requestId, spec }));
  }

  async killRun(requestId: string, id = `kill-${requestId}`): Promise<void> {
    await this.#insist(async () => this.once('kill', requestId, `/api/v1/runs/${await this.runIdOf(requestId)}/kill`, { id, reason: 'scenario' }));
  }

  /** Returns the last answer. */
  async rerunRun(requestId: string, id: string, body: object = {}): Promise<Call | undefined> {
    return await this.#insist(async () => this.once('rerun', requestId, `/api/v1/runs/${await this.runIdOf(requestId)}/rerun`, { id, ...body }));
  }

  /** Creates the backfill; `body` without its request id. */
  async createBackfill(requestId: string, body: object): Promise<void> {
    await this.#insist(() => this.once('create', requestId, '/api/v1/backfills', { requestId, ...body }));
  }

  /** Another backfill under the same request id: must be refused. */
  async conflictingBackfill(requestId: string, body: object): Promise<void> {
    await this.#insist(() => this.once('conflict', requestId, '/api/v1/backfills', { requestId, ...body }));
  }

  /** Returns the last answer. */
  async tellBackfill(requestId: string, word: 'pause' | 'resume'): Promise<Call | undefined> {
    const id = `${word}-${requestId}`;
    return await this.#insist(() => this.once(word, requestId, `/api/v1/backfills/${this.ids.get(requestId)}/${word}`, { id }));
  }

  /** One request, written down. Undefined status: no answer, or none in time. */
  async once(action: Call['action'], requestId: string, route: string, body: object): Promise<Call> {
    const at = Date.now();
    const seen: { status?: number; answer?: { id?: string; effect?: 'done' | 'pending'; message?: string } } = {};
    try {
      const response = await this.fetch(route, { method: 'POST', body: JSON.stringify(body) });
      seen.answer = (await response.json()) as { id?: string };
      seen.status = response.status;
    } catch {
      // No answer is an outcome, too: nobody knows whether it took effect.
    }
    const { id, effect } = seen.answer ?? {};
    const call: Call = {
      action,
      requestId,
      at,
      ...(seen.status === undefined ? {} : { status: seen.status, answeredAt: Date.now() }),
      ...(id === undefined || action !== 'create' || (seen.status ?? 500) >= 300 ? {} : { jobId: id }),
      ...(effect === undefined ? {} : { effect }),
    };
    this.calls.push(call);
    if (call.jobId !== undefined) this.ids.set(requestId, call.jobId);
    return call;
  }

  async #insist(attempt: () => Promise<Call>): Promise<Call | undefined> {
    while (!this.#over.signal.aborted) {
      const call = await attempt().catch(() => undefined);
      if (call?.status !== undefined && call.status < 500) return call;
      await delay(300);
    }
    return undefined;
  }

  /** The job's id, from an answer or by its request id. */
  async idOf(requestId: string): Promise<string> {
    const known = this.ids.get(requestId);
    if (known !== undefined) return known;
    const { items } = await this.get<{ items: JobSummary[] }>(`/api/v1/jobs?requestId=${encodeURIComponent(requestId)}`);
    if (!items[0]) throw new Error(`no job has request id ${requestId}`);
    return items[0].id;
  }

  async job(requestId: string): Promise<JobView> {
    return await this.get<JobView>(`/api/v1/jobs/${await this.idOf(requestId)}`);
  }

  async runIdOf(requestId: string): Promise<string> {
    const known = this.ids.get(requestId);
    if (known !== undefined) return known;
    const { items } = await this.get<{ items: RunSummary[] }>(`/api/v1/runs?dag=faults&requestId=${encodeURIComponent(requestId)}`);
    if (!items[0]) throw new Error(`no run has request id ${requestId}`);
    return items[0].id;
  }

  async run(requestId: string): Promise<RunView> {
    return await this.get<RunView>(`/api/v1/runs/${await this.runIdOf(requestId)}`);
  }

  /** All runs of the app, newest first. */
  async listRuns(): Promise<RunSummary[]> {
    const all: RunSummary[] = [];
    let cursor: string | undefined;
    do {
      const askedAt = Date.now();
      const query: string = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await this.get<{ items: RunSummary[]; next?: string }>(`/api/v1/runs?limit=500${query}`);
      const at = Date.now();
      for (const { id: runId, generation, status, outcome } of page.items)
        this.runSightings.push({ askedAt, at, runId, generation, status, ...(outcome && { outcome }) });
      all.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return all;
  }

  /** All jobs of the app, newest first. */
  async list(): Promise<JobSummary[]> {
    const all: JobSummary[] = [];
    let cursor: string | undefined;
    do {
      const askedAt = Date.now();
      const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await this.get<{ items: JobSummary[]; next?: string }>(`/api/v1/jobs?limit=500${query}`);
      const at = Date.now();
      for (const { id: jobId, attempt, status } of page.items) this.sightings.push({ askedAt, at, jobId, attempt, status });
      all.push(...page.items);
      cursor = page.next;
    } while (cursor !== undefined);
    return all;
  }

  async get<T>(route: string): Promise<T> {
    const response = await this.fetch(route);
    if (!response.ok) throw new Error(`GET ${route} was answered ${response.status}`);
    return (await response.json()) as T;
  }

  async text(route: string): Promise<string> {
    const response = await this.fetch(route, { headers: { accept: 'text/plain' } });
    if (!response.ok) throw new Error(`GET ${route} was answered ${response.status}`);
    return await response.text();
  }

  async fetch(route: string, init: { method?: string; body?: string; headers?: Record<string, string> } = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#token()}`, 'content-type': 'application/json', ...init.headers };
    return await fetch(`${this.#url()}${route}`, { ...init, headers, signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS) });
  }

  /** Ends every request that still insists. */
  close(): void {
    this.#over.abort();
  }
}
