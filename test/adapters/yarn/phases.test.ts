// What YARN says of an application, and what Longshore makes of it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readApp, readApps, type App } from '../../../src/adapters/yarn/answers.ts';
import { ROOT } from '../../helpers/sources.ts';
import { FINAL_STATUSES, isOver, LIVING, observe, phaseTable, STATES } from '../../../src/adapters/yarn/phases.ts';

const ID = 'application_1795689478212_0002';
const now = new Date('2026-11-26T10:00:00Z');
const app = (fields: object): App => {
  const read = readApp({ app: { id: ID, state: 'RUNNING', ...fields } });
  if (read === undefined) throw new Error('the answer cannot be read');
  return read;
};

/** The enums of Hadoop 3: YarnApplicationState and FinalApplicationStatus. */
const YARN_STATES = ['NEW', 'NEW_SAVING', 'SUBMITTED', 'ACCEPTED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED'];
const YARN_FINALS = ['UNDEFINED', 'SUCCEEDED', 'FAILED', 'KILLED', 'ENDED'];
const INVENTED = ['', 'DONE', 'succeeded', 'Finished', 'constructor', '__proto__', 'toString', 'hasOwnProperty'];

test('the table has a row for every state that YARN has, and says what every row does', () => {
  expect(Object.keys(STATES)).toEqual(YARN_STATES);
  expect(LIVING).toEqual(['NEW', 'NEW_SAVING', 'SUBMITTED', 'ACCEPTED', 'RUNNING']);
  expect(phaseTable()).toEqual([
    { state: 'NEW', phase: 'pending' },
    { state: 'NEW_SAVING', phase: 'pending' },
    { state: 'SUBMITTED', phase: 'pending' },
    { state: 'ACCEPTED', phase: 'pending' },
    { state: 'RUNNING', phase: 'running' },
    { state: 'FINISHED', finalStatus: 'SUCCEEDED', phase: 'ended', final: 'succeeded' },
    { state: 'FINISHED', finalStatus: 'FAILED', phase: 'ended', final: 'failed', code: 'EXIT_CODE' },
    { state: 'FINISHED', finalStatus: 'KILLED', phase: 'ended', final: 'killed', code: 'KILLED' },
    { state: 'FINISHED', finalStatus: 'any other', phase: 'unknown' },
    { state: 'FAILED', phase: 'ended', final: 'failed', code: 'EXIT_CODE' },
    { state: 'KILLED', phase: 'ended', final: 'killed', code: 'KILLED' },
    { state: 'any other', phase: 'unknown' },
  ]);
});

test('docs/yarn.md says of every row what becomes of the job', async () => {
  const page = await readFile(join(ROOT, 'docs/yarn.md'), 'utf8');
  const told = [...page.matchAll(/^\| (.+?) +\| (STARTING|RUNNING|SUCCEED|FAILED|KILLED|UNKNOWN) +\|/gm)].map(([, words = '', status]) => ({
    words,
    status,
  }));
  const STATUS = { pending: 'STARTING', running: 'RUNNING', succeeded: 'SUCCEED', failed: 'FAILED', killed: 'KILLED', unknown: 'UNKNOWN' };
  for (const { state, finalStatus, phase, final } of phaseTable()) {
    const last = finalStatus === 'any other' ? '`UNDEFINED` or `ENDED`' : `\`${finalStatus}\``;
    const says = [state === 'any other' ? state : `\`${state}\``, ...(finalStatus === undefined ? [] : [`final status ${last}`])];
    const row = told.find(({ words }) => says.every((word) => words.includes(word)));
    expect(row, says.join()).toMatchObject({ status: STATUS[(final ?? phase) as keyof typeof STATUS] });
  }
});

describe.each([...YARN_STATES, ...INVENTED])('state %j', (state) => {
  it.each([...YARN_FINALS, ...INVENTED])('with final status %j', (finalStatus) => {
    const seen = observe(app({ state, finalStatus }), now);
    const succeeded = state === 'FINISHED' && finalStatus === 'SUCCEEDED';
    expect(seen.final === 'succeeded').toBe(succeeded);
    expect(seen.phase === 'ended').toBe(seen.final !== undefined);
    if (!YARN_STATES.includes(state)) expect(seen.phase).toBe('unknown');
    if (state === 'FINISHED' && !Object.hasOwn(FINAL_STATUSES, finalStatus)) expect(seen.phase).toBe('unknown');
    expect(isOver({ state })).toBe(['FINISHED', 'FAILED', 'KILLED'].includes(state));
    if (seen.final === 'failed' || seen.final === 'killed') expect(seen.code).toBeDefined();
  });
});

/** Anything that a JSON answer could hold. */
const anything = fc.jsonValue();
const word = fc.oneof(fc.constantFrom(...YARN_STATES, ...YARN_FINALS, ...INVENTED), fc.string(), anything);

test('nothing that an answer holds makes it throw, or a success of anything else', () => {
  const fields = ['user', 'queue', 'applicationTags', 'trackingUrl', 'diagnostics', 'amContainerLogs', 'logAggregationStatus', 'applicationType'];
  const numbers = ['startedTime', 'launchTime', 'finishedTime', 'allocatedMB', 'allocatedVCores', 'runningContainers', 'progress', 'memorySeconds'];
  const number = fc.oneof(fc.double(), fc.integer(), anything);
  const answer = fc.record({ state: word, finalStatus: word }, { requiredKeys: [] });
  const rest = fc.record(Object.fromEntries([...fields.map((f) => [f, word] as const), ...numbers.map((f) => [f, number] as const)]), {
    requiredKeys: [],
  });
  fc.assert(
    fc.property(answer, rest, (said, more) => {
      const read = readApp({ app: { id: ID, ...more, ...said } });
      if (read === undefined) return;
      const seen = observe(read, now);
      expect(seen.final === 'succeeded').toBe(said.state === 'FINISHED' && said.finalStatus === 'SUCCEEDED');
      expect(['pending', 'running', 'ended', 'unknown']).toContain(seen.phase);
      expect([undefined, 'succeeded', 'failed', 'killed']).toContain(seen.final);
      expect(seen.phase === 'ended').toBe(seen.final !== undefined);
      for (const time of [seen.startedAt, seen.endedAt]) if (time !== undefined) expect(new Date(time).toISOString()).toBe(time);
      if (seen.resources !== undefined) expect(seen.resources.memory).toBeLessThan(Number.POSITIVE_INFINITY);
    }),
    { numRuns: 300 },
  );
});

test('no answer of any shape is read as an application with another id, or as a list when it is none', () => {
  fc.assert(
    fc.property(anything, (answer) => {
      expect(readApp(answer)).toBeUndefined();
      expect(readApps(answer)?.apps ?? []).toEqual([]);
      expect(readApps({ apps: answer })?.apps ?? []).toEqual([]);
      expect(readApps({ apps: { app: answer } })?.apps ?? []).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

const failed = (diagnostics: string, fields: object = {}) =>
  observe(
    app({ state: 'FINISHED', finalStatus: 'FAILED', diagnostics, amContainerLogs: 'http://n:8042/node/containerlogs/x/alice', ...fields }),
    now,
  );

describe('the words of an end', () => {
  it.each([
    ['longshore exit code 3', { exitCode: 3, code: 'EXIT_CODE', message: 'exit code 3' }],
    ['longshore exit code 137', { exitCode: 137, code: 'SIGNALED' }],
    ['longshore exit code 0', { exitCode: 0, code: 'EXIT_CODE' }],
    ['longshore: outputs cannot be stored: no space', { code: 'SUBMIT_FAILED' }],
    ['longshore: longshore-bundle.zip is missing', { code: 'START_ERROR' }],
    ['User class threw exception: longshore exit code 3', { code: 'EXIT_CODE' }],
    ['longshore exit code 1234', { code: 'EXIT_CODE' }],
  ])('%j', (diagnostics, expected) => {
    const seen = failed(diagnostics);
    expect(seen).toMatchObject({ final: 'failed', ...expected });
    if (!('exitCode' in expected)) expect(seen.exitCode).toBeUndefined();
  });

  it('tells an unknown queue from a program that failed', () => {
    const said = `Application ${ID} submitted by user aliceApplication ${ID} submitted by user alice to unknown queue: nosuch`;
    expect(observe(app({ state: 'FAILED', finalStatus: 'FAILED', diagnostics: said }), now)).toMatchObject({ code: 'START_REFUSED', message: said });
    const pretended = { state: 'FAILED', finalStatus: 'FAILED', diagnostics: said, amContainerLogs: 'http://n:8042/node/containerlogs/x/alice' };
    expect(observe(app(pretended), now).code).toBe('EXIT_CODE');
  });

  it('tells a container that used too much memory', () => {
    const said = `Application ${ID} failed 1 times due to AM Container for appattempt exited with  exitCode: -104\nFailing this attempt.`;
    expect(observe(app({ state: 'FAILED', finalStatus: 'FAILED', diagnostics: said }), now).code).toBe('MEMORY_LIMIT');
  });

  it('is cut where it is long', () => {
    expect(failed('x'.repeat(100_000)).message).toHaveLength(500);
  });

  it('says who killed it', () => {
    const diagnostics = `Application ${ID} was killed by user mallory`;
    expect(observe(app({ state: 'KILLED', finalStatus: 'KILLED', diagnostics }), now)).toMatchObject({ final: 'killed', message: diagnostics });
  });
});

test('what people see besides: the queue, the attempt of the application master, what it uses', () => {
  const seen = observe(
    app({
      user: 'alice',
      queue: 'root.etl',
      finalStatus: 'UNDEFINED',
      allocatedMB: 640,
      allocatedVCores: 2,
      runningContainers: 3,
      progress: 49.6,
      launchTime: 1795689545868,
      trackingUrl: 'http://rm:8088/proxy/x/',
      amContainerLogs: 'http://node-1:8042/node/containerlogs/container_e17_1795689478212_0002_02_000001/alice',
    }),
    now,
  );
  expect(seen).toMatchObject({
    phase: 'running',
    raw: 'RUNNING',
    progress: '50 %',
    trackingUrl: 'http://rm:8088/proxy/x/',
    startedAt: '2026-11-26T10:39:05.868Z',
    resources: { memory: 640 * 1024 * 1024, cpu: 2, limits: 'yarn' },
    detail: { application: ID, user: 'alice', queue: 'root.etl', containers: 3, amAttempt: 2 },
  });
  expect(observe(app({ trackingUrl: 'javascript:alert(1)', allocatedMB: -1, runningContainers: -1 }), now)).not.toHaveProperty('trackingUrl');
});
