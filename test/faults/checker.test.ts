// The judge judged: each violation that it exists for is planted in otherwise sound evidence and must be found, and nothing else.
import { describe, expect, it } from 'vitest';
import type { Status } from '../../src/specs/status.ts';
import { check } from './checker/check.ts';
import type { ShownNodeStatus } from '../../src/specs/run-views.schema.ts';
import type { BackfillCycleView } from '../../src/specs/backfill-views.schema.ts';
import type { CycleView } from '../../src/specs/schedule-views.schema.ts';
import type { BackfillSeen, ClusterApp, Evidence, FinalJob, FinalRun, TruthLine, WebhookReceived } from './checker/evidence.ts';

const T0 = Date.parse('2026-01-01T00:00:00.000Z');
const time = (ms: number): string => new Date(T0 + ms).toISOString();

function event(seq: number, status: Status, ms: number, attempt = 1): FinalJob['events'][number] {
  return { seq, at: time(ms), jobId: '1', attempt, status, attemptStatus: status, type: 'status' };
}

function job(id: string, requestId: string, status: Status, path: readonly Status[]): FinalJob {
  const events = path.map((step, i) => ({ ...event(i + 1, step, i * 1_000), jobId: id }));
  const attempt = {
    attempt: 1,
    status,
    key: `key-${requestId}`,
    createdAt: time(0),
    timelines: { statuses: [], cluster: [], raw: [] },
    ...(status === 'FAILED' ? { code: 'EXIT_CODE', exitCode: 3 } : {}),
  };
  return { view: { id, requestId, status, attempt: 1, attempts: [attempt], workflowId: `job:app:${requestId}` }, events };
}

const line = (requestId: string, kind: 'start' | 'end', ms: number, exit?: number): TruthLine => ({
  job: requestId,
  key: `key-${requestId}`,
  pid: 100,
  boot: 'b',
  event: kind,
  at: T0 + ms,
  ...(exit === undefined ? {} : { exit }),
});

const webhook = (seq: number, status: Status, over: Partial<WebhookReceived> = {}): WebhookReceived => ({
  at: T0 + 5_000,
  id: `d-${seq}`,
  jobId: '1',
  seq,
  attempt: 1,
  status,
  verified: true,
  answered: 200,
  ...over,
});

/** Three jobs that went well: one succeeded with a webhook, one failed by itself, one was killed while it ran. */
function sound(): Evidence {
  const good = job('1', 'good', 'SUCCEED', ['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING', 'SUCCEED']);
  return {
    intents: [
      { requestId: 'good', kind: 'quick', may: ['SUCCEED'], output: 'one\ntwo\n', webhook: true, notesEnd: true },
      { requestId: 'bad', kind: 'failing', may: ['FAILED'], output: '', webhook: false, notesEnd: true },
      { requestId: 'shot', kind: 'killed', may: ['KILLED', 'CANCELED'], output: '', webhook: false, notesEnd: true },
    ],
    calls: [
      ...['good', 'bad', 'shot'].map((requestId, i) => ({
        action: 'create' as const,
        requestId,
        at: T0,
        answeredAt: T0 + 20,
        status: 201,
        jobId: String(i + 1),
      })),
      { action: 'kill', requestId: 'shot', at: T0 + 2_500, answeredAt: T0 + 2_600, status: 202, jobId: '3', effect: 'pending' },
    ],
    truth: [
      line('good', 'start', 2_500),
      line('good', 'end', 3_900, 0),
      line('bad', 'start', 2_500),
      line('bad', 'end', 3_000, 3),
      line('shot', 'start', 2_000),
    ],
    jobs: [
      { ...good, log: 'one\ntwo\n' },
      job('2', 'bad', 'FAILED', ['CREATED', 'ACCEPTED', 'STARTING', 'FAILED']),
      job('3', 'shot', 'KILLED', ['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING', 'KILLED']),
    ],
    runIntents: [],
    runs: [],
    runSightings: [],
    schedules: [],
    sightings: [
      { askedAt: T0 + 99, at: T0 + 100, jobId: '1', attempt: 1, status: 'ACCEPTED' },
      { askedAt: T0 + 2_999, at: T0 + 3_000, jobId: '1', attempt: 1, status: 'RUNNING' },
    ],
    webhooks: [webhook(5, 'SUCCEED')],
    deadLetters: [],
    processes: [],
    workflows: ['good', 'bad', 'shot'].map((id) => ({ workflowId: `job:app:${id}`, runId: `run-${id}`, status: 'COMPLETED' })),
    healedAt: T0 + 4_000,
    settledAt: T0 + 6_000,
    limits: { killGraceMs: 1_000, recoveryMs: 10_000 },
  };
}

const application = (id: string, tags: readonly string[], over: Partial<ClusterApp> = {}): ClusterApp => ({
  id,
  state: 'FINISHED',
  finalStatus: 'SUCCEEDED',
  tags: [...tags, 'longshore-mark'],
  diagnostics: '',
  known: true,
  ...over,
});

/** The same three jobs as applications of a cluster. */
const APPLICATIONS: readonly ClusterApp[] = [
  application('app-1', ['key-good']),
  application('app-2', ['key-bad'], { finalStatus: 'FAILED' }),
  application('app-3', ['key-shot'], { state: 'KILLED', finalStatus: 'KILLED' }),
  { ...application('app-4', []), tags: ['longshore-other', 'key-other'], state: 'RUNNING' },
];

/** The sound evidence of a cluster with its applications changed, or more of them. */
const onCluster = (change: (app: ClusterApp) => ClusterApp, ...more: ClusterApp[]): Evidence => ({
  ...sound(),
  cluster: { applications: [...APPLICATIONS.map(change), ...more], staged: ['key-of-nobody'] },
});
const asItIs = (app: ClusterApp): ClusterApp => app;
const changed =
  (id: string, over: Partial<ClusterApp>) =>
  (app: ClusterApp): ClusterApp =>
    app.id === id ? { ...app, ...over } : app;

/** The payload of the killed job has ended by itself before the kill. */
const soon = (evidence: Evidence): Evidence => ({ ...evidence, truth: [...evidence.truth, line('shot', 'end', 2_400, 0)] });

/** The sound evidence with something changed. */
const plant = (change: (evidence: Evidence) => Partial<Evidence>): Evidence => {
  const evidence = sound();
  return { ...evidence, ...change(evidence) };
};

/** The evidence with one job replaced. */
const withJob = (requestId: string, change: (job: FinalJob) => FinalJob): Evidence =>
  plant(({ jobs }) => ({ jobs: jobs.map((candidate) => (candidate.view.requestId === requestId ? change(candidate) : candidate)) }));

const ended = (from: FinalJob, status: Status): FinalJob => ({
  view: { ...from.view, status, attempts: from.view.attempts.map((attempt) => ({ ...attempt, status })) },
  events: from.events.map((last, i) => (i === from.events.length - 1 ? { ...last, status, attemptStatus: status } : last)),
});

const T_RUN = ['first', 'last'] as const;

const intent = (requestId: string) => ({ requestId, kind: 'quick', may: ['SUCCEED'] as const, output: '', webhook: false, notesEnd: true });
const nodeEvent = (seq: number, ms: number, status: 'RUNNING' | 'FINISH', ...nodes: [string, ShownNodeStatus | 'job'][]) => ({
  seq,
  at: time(ms),
  runId: '10',
  type: 'nodes',
  status,
  generation: 1,
  ...(status === 'FINISH' && { outcome: 'SUCCEED' as const }),
  nodes: nodes.map(([node, shown]) => ({ node, status: shown, attempt: 1 })),
});

/** A run of two nodes that went well, beside the three jobs. */
function withRun(): Evidence {
  const evidence = sound();
  const payloads = T_RUN.map((node, i) => {
    const name = `run/${node}`;
    const own = job(String(i + 11), name, 'SUCCEED', ['CREATED', 'ACCEPTED', 'STARTING', 'RUNNING', 'SUCCEED']);
    return { ...own, view: { ...own.view, run: '10', node, workflowId: 'dag:app:faults:m-run' } };
  });
  return {
    ...evidence,
    calls: [...evidence.calls, { action: 'create', requestId: 'run', at: T0, answeredAt: T0 + 10, status: 201, jobId: '10' }],
    truth: [
      ...evidence.truth,
      line('run/first', 'start', 1_000),
      line('run/first', 'end', 1_500, 0),
      line('run/last', 'start', 2_000),
      line('run/last', 'end', 2_500, 0),
    ],
    jobs: [...evidence.jobs, ...payloads],
    runIntents: [
      {
        requestId: 'run',
        may: ['SUCCEED'],
        stops: false,
        nodes: [
          { name: 'first', needs: {}, jobs: [intent('run/first')] },
          { name: 'last', needs: { first: 'success' }, jobs: [intent('run/last')] },
        ],
      },
    ],
    runs: [
      {
        view: { id: '10', dag: 'faults', requestId: 'run', status: 'FINISH', outcome: 'SUCCEED', generation: 1, workflowId: 'dag:app:faults:m-run' },
        events: [
          nodeEvent(1, 500, 'RUNNING', ['first', 'job']),
          nodeEvent(2, 1_600, 'RUNNING', ['first', 'SUCCEED'], ['last', 'job']),
          nodeEvent(3, 2_600, 'FINISH', ['last', 'SUCCEED']),
        ],
        nodes: T_RUN.map((name) => ({ name, kind: 'job', status: 'SUCCEED', attempt: 1 })),
      },
    ],
    runSightings: [{ askedAt: T0 + 999, at: T0 + 1_000, runId: '10', generation: 1, status: 'RUNNING' }],
    workflows: [...evidence.workflows, { workflowId: 'dag:app:faults:m-run', runId: 'r', status: 'COMPLETED' }],
  };
}
const plantRun = (change: (evidence: Evidence) => Partial<Evidence>): Evidence => {
  const evidence = withRun();
  return { ...evidence, ...change(evidence) };
};
const changedRun = (change: (run: FinalRun) => Partial<FinalRun>): Evidence =>
  plantRun(({ runs }) => ({ runs: runs.map((run) => ({ ...run, ...change(run) })) }));

const cycle = (ms: number, over: Partial<CycleView> = {}): CycleView => ({
  cycle: `${time(ms).slice(0, 19)}Z`,
  planned: time(ms),
  dataDate: '2025-12-31',
  fireAt: time(ms),
  zone: 'UTC',
  state: 'SKIPPED',
  code: 'OVERLAP',
  reason: 'another one runs',
  decidedAt: time(ms),
  ...over,
});
const onSchedule = (...cycles: CycleView[]): Evidence =>
  plantRun(({ runs }) => ({
    runs: runs.map((run) => ({
      ...run,
      view: { ...run.view, workflowId: 'dag:app:every:x', cycle: { at: cycle(0).cycle, planned: '', dataDate: '', zone: 'UTC' } },
    })),
    workflows: [],
    schedules: [{ name: 'every', everyMs: 5_000, from: T0 - 1, until: T0 + 10_000, cycles }],
  }));
const STARTED = cycle(0, { state: 'STARTED', run: '10' });

const cycleOf = (ms: number, over: Partial<BackfillCycleView> = {}): BackfillCycleView => {
  const { cycle: at, planned, zone, dataDate } = cycle(ms);
  return { name: 'every', cycle: at, planned, zone, dataDate, state: 'ENDED', run: '10', status: 'SUCCEED', ...over };
};
/** The one cycle of the range was run by the first of two backfills. */
const onBackfills = (
  ended: BackfillCycleView,
  state: BackfillSeen['state'] = 'SUCCEED',
  change: (evidence: Evidence) => Partial<Evidence> = () => ({}),
) => {
  const evidence = onSchedule(STARTED);
  const skipped = cycleOf(0, { state: 'SKIPPED', reason: 'it has its run' });
  const backfills = [
    { id: '1', state, cycles: [ended] },
    { id: '2', state: 'SUCCEED' as const, cycles: [skipped] },
  ];
  const schedules = evidence.schedules.map((schedule) => ({ ...schedule, until: T0, backfills }));
  return { ...evidence, schedules, ...change(evidence) };
};

describe('the checker', () => {
  it('accepts sound evidence', () => {
    expect(check(sound())).toEqual([]);
    expect(check(withRun())).toEqual([]);
    expect(check(onSchedule(STARTED, cycle(5_000), cycle(10_000)))).toEqual([]);
    expect(check(onBackfills(cycleOf(0)))).toEqual([]);
  });

  it.each<[string, string, RegExp, Evidence]>([
    ['a double run', 'P1', /started 2 times/, plant(({ truth }) => ({ truth: [...truth, { ...line('good', 'start', 2_700), pid: 101 }] }))],
    [
      'a run under a key that nobody knows',
      'P1',
      /which no attempt has/,
      plant(({ truth }) => ({ truth: [...truth, { ...line('good', 'start', 2_700), key: 'other' }] })),
    ],
    ['a job that was accepted and is gone', 'P2', /nobody knows it/, plant(({ jobs }) => ({ jobs: jobs.slice(0, 2) }))],
    [
      'a job that never ends',
      'P2',
      /never ended: RUNNING/,
      withJob('good', (good) => ({ ...ended(good, 'RUNNING'), events: good.events.slice(0, 4) })),
    ],
    [
      'a refused job that ran',
      'P2',
      /refused, and its payload ran/,
      plant(({ calls }) => ({ calls: calls.map((call) => (call.requestId === 'bad' ? { ...call, status: 403 } : call)) })),
    ],
    [
      'a workflow that the API does not show',
      'P2',
      /the API does not list it/,
      plant(({ workflows }) => ({ workflows: [...workflows, { workflowId: 'job:app:hidden', runId: 'r', status: 'COMPLETED' }] })),
    ],
    [
      'a workflow that failed',
      'P2',
      /closed FAILED/,
      plant(({ workflows }) => ({ workflows: workflows.map((w, i) => (i === 0 ? { ...w, status: 'FAILED' } : w)) })),
    ],
    ['an orphan', 'P3', /outlived its job/, plant(() => ({ processes: [{ pid: 7, command: 'sleep 1000', job: 'shot', key: 'key-shot' }] }))],
    ['an orphan without a job', 'P3', /outlived its job/, plant(() => ({ processes: [{ pid: 7, command: 'sleep 1000' }] }))],
    [
      'a success that was a failure',
      'P4',
      /SUCCEED, and its payload exited 3/,
      plant(({ truth }) => ({ truth: truth.map((l) => (l.job === 'good' && l.event === 'end' ? { ...l, exit: 3 } : l)) })),
    ],
    ['a success that never ran', 'P4', /never ran/, plant(({ truth }) => ({ truth: truth.filter((l) => l.job !== 'good') }))],
    [
      'a wrong exit code',
      'P4',
      /with exit code 3, and it was 4/,
      plant(({ truth }) => ({ truth: truth.map((l) => (l.job === 'bad' && l.event === 'end' ? { ...l, exit: 4 } : l)) })),
    ],
    ['a kill of what had ended by itself', 'P4', /had ended by itself/, plant(({ truth }) => ({ truth: [...truth, line('shot', 'end', 2_400, 0)] }))],
    [
      'a failed start of what ran',
      'P4',
      /START_FAILED, and its payload ran/,
      withJob('bad', (bad) => ended({ ...bad, events: bad.events.slice(0, 4) }, 'START_FAILED')),
    ],
    ['a log with a piece twice', 'P4', /they differ from 8 on/, withJob('good', (good) => ({ ...good, log: 'one\ntwo\ntwo\n' }))],
    ['a log that is cut', 'P4', /its log has 4 characters/, withJob('good', (good) => ({ ...good, log: 'one\n' }))],
    [
      'an end that nobody meant',
      'P4',
      /meant SUCCEED/,
      plant(({ intents }) => ({ intents: intents.map((i) => (i.requestId === 'bad' ? { ...i, may: ['SUCCEED'] } : i)) })),
    ],
    ['two jobs of one request', 'P5', /made jobs 1 and 9/, plant(({ calls }) => ({ calls: [...calls, { ...calls[0]!, jobId: '9' }] }))],
    [
      'another spec taken under the same request id',
      'P5',
      /answered 201, not 409/,
      plant(({ calls }) => ({ calls: [...calls, { ...calls[0]!, action: 'conflict' }] })),
    ],
    [
      'a second workflow of one request',
      'P5',
      /ran 2 times/,
      plant(({ workflows }) => ({ workflows: [...workflows, { ...workflows[0]!, runId: 'again' }] })),
    ],
    [
      'a start after the kill was confirmed',
      'P6',
      /after its kill counted/,
      plant(({ truth }) => ({ truth: truth.map((l) => (l.job === 'shot' ? { ...l, at: T0 + 4_500 } : l)) })),
    ],
    [
      'a start long after the kill was acknowledged',
      'P6',
      /400 ms after/,
      plant(({ truth }) => ({ truth: truth.map((l) => (l.job === 'shot' ? { ...l, at: T0 + 4_000 } : l)) })),
    ],
    ['a webhook that never came', 'P8', /never arrived/, plant(() => ({ webhooks: [] }))],
    ['a webhook that was never taken', 'P8', /never arrived/, plant(() => ({ webhooks: [webhook(5, 'SUCCEED', { answered: 500 })] }))],
    ['a webhook with a wrong signature', 'P8', /wrong signature/, plant(() => ({ webhooks: [webhook(5, 'SUCCEED', { verified: false })] }))],
    [
      'a webhook under a new delivery id at each try',
      'P8',
      /several delivery ids/,
      plant(() => ({ webhooks: [webhook(5, 'SUCCEED', { answered: 0 }), webhook(5, 'SUCCEED', { id: 'other' })] })),
    ],
    ['webhooks out of order', 'P8', /out of order: 5, 4/, plant(() => ({ webhooks: [webhook(5, 'SUCCEED'), webhook(4, 'RUNNING')] }))],
    [
      'an event that goes back',
      'P11',
      /goes from RUNNING to ACCEPTED/,
      withJob('good', (good) => ({ ...good, events: [...good.events.slice(0, 4), event(5, 'ACCEPTED', 4_000), event(6, 'SUCCEED', 5_000)] })),
    ],
    [
      'two ends',
      'P11',
      /ended SUCCEED and then FAILED/,
      withJob('good', (good) => ({ ...good, events: [...good.events, event(6, 'FAILED', 5_000)] })),
    ],
    [
      'an event that is there twice',
      'P11',
      /event 5 in the list is numbered 4/,
      withJob('good', (good) => ({ ...good, events: [...good.events.slice(0, 4), good.events[3]!, good.events[4]!] })),
    ],
    [
      'a reader who saw an end undone',
      'P11',
      /a reader saw SUCCEED and then RUNNING/,
      plant(({ sightings }) => ({ sightings: [...sightings, { askedAt: T0 + 1_999, at: T0 + 2_000, jobId: '1', attempt: 1, status: 'SUCCEED' }] })),
    ],
    [
      'two applications of one attempt',
      'P1',
      /key key-good has 2 applications: app-1 and app-5/,
      onCluster(asItIs, application('app-5', ['key-good'])),
    ],
    ['an application of no attempt', 'P1', /app-5 has our mark and the key of no attempt/, onCluster(asItIs, application('app-5', ['key-none']))],
    ['an application that outlives its job', 'P3', /app-3 is RUNNING/, onCluster(changed('app-3', { state: 'RUNNING', finalStatus: 'UNDEFINED' }))],
    [
      'files that are left in the staging folder',
      'P3',
      /files of key-good are left/,
      plant(() => ({ cluster: { applications: APPLICATIONS, staged: ['key-good'] } })),
    ],
    ['a success that the cluster does not know', 'P4', /recorded as SUCCEED, and app-1 is KILLED/, onCluster(changed('app-1', { state: 'KILLED' }))],
    [
      'a kill that the cluster does not know',
      'P4',
      /recorded as KILLED, and app-3 is FINISHED SUCCEEDED/,
      onCluster(changed('app-3', { state: 'FINISHED', finalStatus: 'SUCCEEDED' })),
    ],
    ['a failure that the cluster does not know', 'P4', /recorded as FAILED, and app-2 is/, onCluster(changed('app-2', { finalStatus: 'SUCCEEDED' }))],
    ['a run that was accepted and is gone', 'P2', /accepted as run 10/, plantRun(() => ({ runs: [] }))],
    ['a run that never ends', 'P2', /never ended: RUNNING/, changedRun(({ view }) => ({ view: { ...view, status: 'RUNNING' } }))],
    [
      'a run whose workflow failed',
      'P2',
      /that of a run always completes/,
      plantRun(({ workflows }) => ({ workflows: workflows.map((w) => ({ ...w, status: 'FAILED' })) })),
    ],
    [
      'an end of a run whose node has none',
      'P4',
      /node last is RUNNING/,
      changedRun(({ nodes }) => ({ nodes: nodes.map((n) => (n.name === 'last' ? { ...n, status: 'RUNNING' as const } : n)) })),
    ],
    [
      'a node that ended otherwise than its job',
      'P4',
      /its job ended SUCCEED/,
      changedRun(({ nodes }) => ({ nodes: nodes.map((n) => (n.name === 'last' ? { ...n, status: 'FAILED' as const } : n)) })),
    ],
    ['a kill that nobody asked for', 'P4', /nobody asked for it/, changedRun(({ view }) => ({ view: { ...view, outcome: 'KILLED' } }))],
    ['an outcome that nobody meant', 'P4', /meant SUCCEED/, changedRun(({ view }) => ({ view: { ...view, outcome: 'FAILED' } }))],
    [
      'two runs of one request',
      'P5',
      /2 runs carry/,
      plantRun(({ runs }) => ({ runs: [...runs, { ...runs[0]!, view: { ...runs[0]!.view, id: '99' } }] })),
    ],
    [
      'two jobs of one node',
      'P5',
      /2 jobs stand at this place/,
      plantRun(({ jobs }) => ({ jobs: [...jobs, { ...jobs.at(-1)!, view: { ...jobs.at(-1)!.view, id: '99' } }] })),
    ],
    [
      'a run that began anew though nobody asked',
      'P5',
      /ran 2 times/,
      plantRun(({ workflows }) => ({ workflows: [...workflows, { ...workflows.at(-1)!, runId: 'again' }] })),
    ],
    [
      'a start after the end of its run',
      'P6',
      /after the end of its run/,
      plantRun(({ truth }) => ({ truth: truth.map((l) => (l.job === 'run/last' ? { ...l, at: l.at + 3_000 } : l)) })),
    ],
    [
      'a node that did not wait for what it needs',
      'P10',
      /run\/last started, and run\/first, whose success it needs, was running/,
      plantRun(({ truth }) => ({ truth: truth.map((l) => (l.job === 'run/last' ? { ...l, at: l.at - 800 } : l)) })),
    ],
    [
      'a node that ran although what it needs failed',
      'P10',
      /had exited 3/,
      plantRun(({ truth }) => ({ truth: truth.map((l) => (l.job === 'run/first' && l.event === 'end' ? { ...l, exit: 3 } : l)) })),
    ],
    ['an event of a run that is missing', 'P11', /is numbered 2/, changedRun(({ events }) => ({ events: events.slice(1) }))],
    [
      'a run that goes back',
      'P11',
      /goes from FINISH to RUNNING/,
      changedRun(({ events }) => ({ events: [...events, { ...events[0]!, seq: 4, at: time(3_000), nodes: [] }] })),
    ],
    [
      'a node that ends twice',
      'P11',
      /node first ended SUCCEED and then was FAILED/,
      changedRun(({ events }) => ({
        events: [...events, { ...events[2]!, seq: 4, nodes: [{ node: 'first', status: 'FAILED' as const, attempt: 1 }] }],
      })),
    ],
    [
      'a reader who saw the end of a run undone',
      'P11',
      /a reader saw FINISH SUCCEED of generation 1 and then RUNNING/,
      plantRun(({ runSightings }) => ({
        runSightings: [{ askedAt: T0 + 1, at: T0 + 2, runId: '10', generation: 1, status: 'FINISH', outcome: 'SUCCEED' }, ...runSightings],
      })),
    ],
    ['a cycle that was never decided', 'P7', /00:00:05Z was never decided/, onSchedule(STARTED, cycle(10_000))],
    ['a cycle that nobody planned', 'P7', /00:00:03Z was not planned/, onSchedule(STARTED, cycle(3_000), cycle(5_000), cycle(10_000))],
    ['a cycle that is left waiting', 'P7', /is WAITING/, onSchedule(STARTED, cycle(5_000, { state: 'WAITING' }), cycle(10_000))],
    ['a cycle that was skipped and ran', 'P7', /was skipped, and has been run/, onSchedule(cycle(0), cycle(5_000), cycle(10_000))],
    ['a cycle whose run stands for none', 'P7', /stands for none/, onSchedule(STARTED, cycle(5_000, { state: 'STARTED', run: '77' }), cycle(10_000))],
    ['a cycle that a backfill has lost', 'P7', /tells of cycle \S+ 0 times/, onBackfills(cycleOf(5_000))],
    ['a cycle that no backfill has run', 'P7', /no backfill has run cycle/, onBackfills(cycleOf(0, { state: 'SKIPPED', reason: 'no' }))],
    ['a cycle that a backfill leaves standing', 'P7', /leaves cycle \S+ STARTED/, onBackfills(cycleOf(0, { state: 'STARTED' }))],
    ['a cycle with a wrong end', 'P7', /is FAILED, its payloads exited 0, 0/, onBackfills(cycleOf(0, { status: 'FAILED' }), 'FAILED')],
    ['a backfill with a wrong end', 'P7', /backfill 1 is FAILED, by its cycles/, onBackfills(cycleOf(0), 'FAILED')],
    [
      'a cycle that ran twice',
      'P7',
      /started run\/first 2 times/,
      onBackfills(cycleOf(0), 'SUCCEED', ({ truth }) => ({ truth: [...truth, truth.find(({ job }) => job === 'run/first')!] })),
    ],
    ['a recovery that takes too long', 'P12', /took 60000 ms/, plant(() => ({ settledAt: T0 + 64_000 }))],
    ['a system that never comes back', 'P12', /not everything had ended/, plant(() => ({ settledAt: undefined }))],
    [
      'a history that does not replay',
      'replay',
      /does not replay/,
      plant(({ workflows }) => ({ workflows: workflows.map((w, i) => (i === 0 ? { ...w, replayError: 'nondeterminism' } : w)) })),
    ],
  ])('finds %s', (_name, promise, message, evidence) => {
    const violations = check(evidence);
    expect(violations.map((violation) => violation.promise)).toContain(promise);
    expect(violations.filter((violation) => violation.promise === promise).map((violation) => violation.message)).toContainEqual(
      expect.stringMatching(message),
    );
  });

  it('accepts the beginning of a log where the payload notes that it could not write the rest', () => {
    const cut = withJob('good', (good) => ({ ...good, log: 'one\n' }));
    const full = cut.truth.map((line) => (line.job === 'good' && line.event === 'end' ? { ...line, unwritten: true } : line));
    expect(check({ ...cut, truth: full })).toEqual([]);
    const other = withJob('good', (good) => ({ ...good, log: 'two\n' }));
    expect(check({ ...other, truth: full }).map(({ promise }) => promise)).toEqual(['P4']);
  });

  it('believes a cluster that it killed what had not ended, though its payload had', () => {
    expect(check(soon(onCluster(asItIs)))).toEqual([]);
    expect(check(soon(sound())).map(({ promise }) => promise)).toEqual(['P4']);
  });

  it('finds nothing in a sound record of a cluster, and does not hold it to what the cluster has forgotten', () => {
    expect(check(onCluster(asItIs))).toEqual([]);
    expect(check(onCluster(changed('app-1', { state: 'RUNNING', finalStatus: 'UNDEFINED', known: false })))).toEqual([]);
  });

  it('lets requests that overlap be answered in either order', () => {
    const overlapping = { askedAt: T0 + 1_000, at: T0 + 5_000, jobId: '1', attempt: 1, status: 'STARTING' } as const;
    expect(check(plant(({ sightings }) => ({ sightings: [...sightings, overlapping] })))).toEqual([]);
  });

  it('accepts UNKNOWN only where the scenario allows it and the reason is given', () => {
    const unknown = withJob('good', (good) => ({ ...ended(good, 'UNKNOWN'), log: 'one\n' }));
    const allowed = {
      ...unknown,
      intents: unknown.intents.map((intent) => (intent.requestId === 'good' ? { ...intent, may: ['UNKNOWN'] as const } : intent)),
    };
    expect(check(unknown).map((violation) => violation.promise)).toContain('P2');
    expect(
      check(allowed)
        .filter((violation) => violation.promise === 'P2')
        .map((violation) => violation.message),
    ).toEqual(['UNKNOWN without a reason']);
  });
});
