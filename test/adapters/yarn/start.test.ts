// A start with an id that was in history before: whatever gets lost, the application is started once.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench, processContext } from './fixture.ts';
import { badRequest, textReply } from './stub/server.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
});
afterEach(() => {
  bench.stub.rm.fault = undefined;
  bench.stub.onSubmit = undefined;
  bench.stub.initial = 'ACCEPTED';
});
afterAll(async () => bench.close());

const UNREACHABLE = { code: 'CLUSTER_UNREACHABLE', retryable: true };
const isSubmit = ({ method, path }: { method: string; path: string }): boolean => method === 'POST' && path.endsWith('/cluster/apps');

it('submits what the cluster and the job say', async () => {
  const other = await bench.another({ queues: { reports: 'root.analytics.reports' }, user: 'etl' });
  const attempt = await bench.attempt({ queue: 'reports', name: 'nightly', resources: { cpu: 1.2, memory: '1Gi' }, user: 'alice' });
  const handle = await bench.launch(attempt, processContext(), other);
  expect(handle).toEqual({ id: attempt.ref.id, user: 'alice' });
  const { user, context } = bench.stub.app(handle.id);
  expect(user).toBe('alice');
  expect(context).toMatchObject({
    'application-id': attempt.ref.id,
    'application-name': 'nightly',
    'application-type': 'LONGSHORE',
    'application-tags': { tag: [attempt.ref.key, `longshore-${bench.mark}`] },
    queue: 'root.analytics.reports',
    'max-app-attempts': 1,
    'unmanaged-AM': false,
    resource: { memory: 1024 + 128, vCores: 2 },
  });
  const unnamed = await bench.attempt();
  expect(await bench.launch(unnamed, processContext(), other)).toMatchObject({ user: 'etl' });
});

it('reads the class path from the configuration page, and says what to set where it is not shown', async () => {
  const attempt = await bench.attempt();
  bench.stub.forgetRequests();
  await bench.launch(attempt);
  const entry = (bench.stub.app(attempt.ref.id!).context as { 'am-container-spec': { environment: { entry: { key: string; value: string }[] } } })[
    'am-container-spec'
  ].environment.entry;
  expect(entry).toContainEqual({ key: 'CLASSPATH', value: '{{PWD}}/longshore-am.jar<CPS>/etc/hadoop/conf<CPS>/opt/hadoop/lib/*' });

  const fresh = await bench.another();
  const { classpath } = bench.stub;
  bench.stub.classpath = undefined;
  const hidden = await bench.attempt();
  await expect(bench.launch(hidden, processContext(), fresh)).rejects.toMatchObject({
    code: 'PREPARE_FAILED',
    message: expect.stringContaining('set config.applicationClasspath'),
  });
  bench.stub.classpath = classpath;
  expect(await bench.launch(hidden, processContext(), fresh), 'a failure is not remembered').toMatchObject({ id: hidden.ref.id });
  // A release that shows no single property shows all.
  const all = { properties: [{ key: 'a', value: 'b' }, {}, { key: 'yarn.application.classpath', value: '/all' }] };
  bench.stub.rm.fault = ({ path }) => (path === '/conf' ? { status: 200, body: JSON.stringify(all) } : undefined);
  expect(await bench.launch(await bench.attempt(), processContext(), await bench.another())).toBeDefined();
});

describe('when the answer to a submission is lost', () => {
  it('adopts what was submitted', async () => {
    const attempt = await bench.attempt();
    let asked = 0;
    bench.stub.rm.fault = (one) => (isSubmit(one) && ++asked > 0 ? 'lose' : undefined);
    await expect(bench.launch(attempt)).rejects.toMatchObject(UNREACHABLE);
    bench.stub.rm.fault = undefined;
    let submitted = 0;
    bench.stub.onSubmit = () => submitted++;
    expect(await bench.launch(attempt, processContext(), await bench.another())).toEqual({ id: attempt.ref.id, user: expect.any(String) });
    expect(submitted).toBe(0);
  });

  it('submits it again on the next connection: the same id starts nothing twice', async () => {
    const attempt = await bench.attempt();
    let submitted = 0;
    let lost = 0;
    bench.stub.onSubmit = () => submitted++;
    bench.stub.rm.fault = (one) => (isSubmit(one) && lost++ === 0 ? 'lose' : undefined);
    expect(await bench.launch(attempt)).toMatchObject({ id: attempt.ref.id });
    expect([submitted, lost]).toEqual([1, 2]);
  });
});

it('tries again when the ResourceManager took it and does not know it then: it may have forgotten it in a crash', async () => {
  const attempt = await bench.attempt();
  bench.stub.onSubmit = ({ id }) => bench.stub.forget(id);
  await expect(bench.launch(attempt)).rejects.toMatchObject({ ...UNREACHABLE, message: expect.stringContaining('does not know it') });
  bench.stub.onSubmit = undefined;
  expect(await bench.launch(attempt)).toMatchObject({ id: attempt.ref.id });
});

describe('while it is only in the ResourceManager memory', () => {
  it('waits until it is saved', async () => {
    bench.stub.initial = 'NEW_SAVING';
    bench.stub.onSubmit = ({ id }) => void setTimeout(() => bench.stub.change(id, { state: 'ACCEPTED' }), 300);
    const begun = performance.now();
    await bench.launch(await bench.attempt());
    expect(performance.now() - begun).toBeGreaterThan(290);
  });

  it('is not adopted before, either', async () => {
    const attempt = await bench.attempt();
    bench.stub.initial = 'NEW_SAVING';
    const first = bench.launch(attempt);
    await expect.poll(() => bench.stub.apps.has(attempt.ref.id!)).toBe(true);
    let adopted = false;
    const second = bench.launch(attempt, processContext(), await bench.another()).finally(() => (adopted = true));
    await expect.poll(() => bench.stub.asked(`/apps/${attempt.ref.id}`).length).toBeGreaterThan(5);
    expect(adopted).toBe(false);
    bench.stub.change(attempt.ref.id!, { state: 'ACCEPTED' });
    expect(await second).toEqual(await first);
  });
});

it('never takes an application of somebody else for its own, whatever id it has', async () => {
  const attempt = await bench.attempt();
  bench.stub.submit(attempt.ref.id!, 'mallory', { 'application-tags': { tag: [attempt.ref.key, 'longshore-other'] } });
  await expect(bench.launch(attempt)).rejects.toMatchObject({ code: 'START_ERROR', retryable: false });
  expect(await bench.adapter.find(attempt)).toBeUndefined();
  expect(await bench.adapter.stop(attempt, { id: attempt.ref.id! }, { force: true, graceMs: 0 })).toMatchObject({ phase: 'not-found' });
  expect(bench.stub.app(attempt.ref.id!).state).toBe('ACCEPTED');
});

describe('what YARN refuses', () => {
  it.each([
    ['in its words', badRequest('Failed to submit application_1 to YARN : User alice does not have permission to submit to queue root.etl\nat x')],
    ['in plain words', textReply('The default static user cannot carry out this operation.', 403)],
  ])('%s is refused, once and for all', async (_, reply) => {
    const attempt = await bench.attempt();
    bench.stub.rm.fault = (one) => (isSubmit(one) ? reply : undefined);
    const error: unknown = await bench.launch(attempt).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'START_REFUSED', retryable: false });
    expect((error as Error).message).toMatch(/does not have permission|static user cannot/);
    expect((error as Error).message).not.toContain('at x');
  });
});

it('acts only after the gate, and not at all when it is closed', async () => {
  const attempt = await bench.attempt();
  const closed = processContext(['true'], { gate: () => Promise.reject(new Error('another try owns it')) });
  await expect(bench.launch(attempt, closed)).rejects.toThrow('another try owns it');
  expect(bench.stub.apps.has(attempt.ref.id!)).toBe(false);
});

describe('a stop before the start', () => {
  it('refuses it, and leaves nothing but the tombstone', async () => {
    const attempt = await bench.attempt({ user: 'bob' });
    expect(await bench.adapter.stop(attempt, undefined, { force: true, graceMs: 0 })).toMatchObject({ phase: 'not-found' });
    await expect(bench.launch(attempt)).rejects.toMatchObject({ code: 'START_REFUSED', retryable: false });
    expect(bench.stub.apps.has(attempt.ref.id!)).toBe(false);
    expect(await readdir(bench.home('bob'))).toEqual(['ended']);
    expect(await readdir(join(bench.home('bob'), 'ended'))).toContain(attempt.ref.key);
  });

  it('between the staging and the submission takes the files away and refuses it', async () => {
    const attempt = await bench.attempt({ user: 'carol' });
    const staged = await bench.adapter.stage!(attempt, processContext());
    const gate = async () => void (await (await bench.another()).stop(attempt, undefined, { force: true, graceMs: 0 }));
    await expect(bench.adapter.start(attempt, { ...processContext(['true'], { gate }), staged })).rejects.toMatchObject({ code: 'START_REFUSED' });
    expect(bench.stub.apps.has(attempt.ref.id!)).toBe(false);
    expect(await readdir(join(bench.home('carol'), 'attempts'))).toEqual([]);
  });
});

it('renders only what it knows', async () => {
  const context = { ...processContext(), plan: { template: 'pod', outputPath: '', data: {} } };
  await expect(bench.launch(await bench.attempt(), context)).rejects.toMatchObject({ code: 'PREPARE_FAILED' });
});
