import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { ClientError, createClient } from '../../src/client/index.ts';
import type { JobView } from '../../src/specs/views.schema.ts';
import { freePort } from '../helpers/ports.ts';
import { broken, json, problem, scripted } from './server.ts';

const failureOf = async (call: Promise<unknown>): Promise<ClientError> => {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ClientError);
  return error as ClientError;
};

test('a call sends what the route says, with token and app', async () => {
  const { url, asked } = await scripted(json({ items: [] }));
  await createClient({ url: `${url}/`, token: 't0', app: 'etl' }).call('listJobs', {
    query: { status: 'RUNNING,FAILED', limit: 5, cursor: undefined },
  });
  expect(asked[0]).toMatchObject({ method: 'GET', url: '/api/v1/jobs?status=RUNNING%2CFAILED&limit=5' });
  expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer t0', 'longshore-app': 'etl' });
});

test('parameters, query, body and result are typed by the route table', async () => {
  const { url } = await scripted(json({}));
  const client = createClient({ url });
  expectTypeOf(await client.call('getJob', { params: { id: '1' } })).toEqualTypeOf<JobView>();
  // @ts-expect-error: the job id is missing
  await client.call('getJob');
  // @ts-expect-error: there is no such way to resolve
  await client.call('resolveJob', { params: { id: '1' }, body: { as: 'maybe' } });
  // @ts-expect-error: a stream is not JSON
  await client.call('jobLogs', { params: { id: '1' } });
});

test('a path parameter cannot leave its place in the path', async () => {
  const { url, asked } = await scripted(json({}));
  await createClient({ url }).call('getDefinition', { params: { kind: 'jobs', name: '../../tokens?x=#' } });
  expect(asked[0]?.url).toBe('/api/v1/definitions/jobs/..%2F..%2Ftokens%3Fx%3D%23');
});

test('problem+json becomes a ClientError with everything in it', async () => {
  const errors = [{ path: '/priority', message: 'must be at most 10', value: '11' }];
  const { url } = await scripted(problem('INVALID', { errors }));
  const error = await failureOf(createClient({ url }).call('createJob', { body: { ref: 'x' } }));
  expect(error).toMatchObject({ code: 'INVALID', status: 400, exitCode: 2, retryable: false, detail: 'INVALID it is', errors, traceId: 'trace-1' });
});

test("an answer that is not Longshore's is told as such", async () => {
  const { url } = await scripted((response) => void response.writeHead(404).end('<html>nginx</html>'));
  expect(await failureOf(createClient({ url }).call('getJob', { params: { id: '1' } }))).toMatchObject({
    code: 'BAD_ANSWER',
    exitCode: 5,
    status: 404,
  });
});

test('creating a job survives lost answers, and every try carries the same request id', async () => {
  const { url, asked } = await scripted(broken, problem('TEMPORAL_UNAVAILABLE'), json({ id: '7' }, 201));
  expect(await createClient({ url }).call('createJob', { body: { ref: 'nightly' } })).toEqual({ id: '7' });
  const ids = asked.map(({ body }) => (JSON.parse(body) as { requestId: string }).requestId);
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('a request id of the caller is kept', async () => {
  const { url, asked } = await scripted(broken, json({ id: '7' }, 201));
  await createClient({ url }).call('createJob', { body: { ref: 'nightly', requestId: 'mine' } });
  expect(asked.map(({ body }) => (JSON.parse(body) as { requestId: string }).requestId)).toEqual(['mine', 'mine']);
});

test('a run for a cycle is sent again without a request id, which it may not have', async () => {
  const { url, asked } = await scripted(broken, json({ id: '7' }, 201));
  const body = { ref: 'nightly', cycle: '2026-11-26T06:00:00+01:00' };
  await createClient({ url }).call('createRun', { body });
  expect(asked.map((one) => JSON.parse(one.body) as unknown)).toEqual([body, body]);
});

test('two creations without a request id are two jobs', async () => {
  const { url, asked } = await scripted(json({ id: '7' }, 201));
  const client = createClient({ url });
  await client.call('createJob', { body: { ref: 'a' } });
  await client.call('createJob', { body: { ref: 'a' } });
  expect(asked[0]?.body).not.toBe(asked[1]?.body);
});

test('a kill that is sent again is the same message', async () => {
  const { url, asked } = await scripted(broken, json({ id: 'm', effect: 'done', job: {} }, 202));
  await createClient({ url }).call('killJob', { params: { id: '1' }, body: { reason: 'enough' } });
  expect(asked).toHaveLength(2);
  expect(asked[0]?.body).toBe(asked[1]?.body);
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ id: expect.any(String) as string, reason: 'enough' });
});

test.each(['createToken', 'rebuild', 'prune'] as const)('%s, which carries no identity, is sent exactly once', async (name) => {
  const { url, asked } = await scripted(broken);
  const client = createClient({ url });
  const call = name === 'createToken' ? client.call(name, { params: { name: 'etl' }, body: { name: 'ci', role: 'viewer' } }) : client.call(name);
  expect(await failureOf(call)).toMatchObject({ code: 'UNREACHABLE', exitCode: 5 });
  expect(asked).toHaveLength(1);
});

test('a refusal is not tried again, even one that may pass later', async () => {
  const { url, asked } = await scripted(problem('QUOTA_EXCEEDED'));
  expect(await failureOf(createClient({ url }).call('createJob', { body: { ref: 'a' } }))).toMatchObject({
    code: 'QUOTA_EXCEEDED',
    retryable: true,
    exitCode: 4,
  });
  expect(asked).toHaveLength(1);
});

test('without a server the error names the address and what to do', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const error = await failureOf(createClient({ url, patience: 300 }).call('listJobs'));
  expect(error).toMatchObject({ code: 'UNREACHABLE', exitCode: 5, retryable: true, status: 0 });
  expect(error.detail).toContain(url);
  expect(error.detail).toContain('ECONNREFUSED');
  expect(error.advice).toContain('longshore up');
});

test('a redirect is not followed, so that the token goes nowhere else', async () => {
  const elsewhere = await scripted(json({ items: [] }));
  const { url } = await scripted((response) => void response.writeHead(307, { location: `${elsewhere.url}/api/v1/jobs` }).end());
  await failureOf(createClient({ url, token: 'secret', patience: 0 }).call('listJobs'));
  expect(elsewhere.asked).toHaveLength(0);
});

test('readiness that fails is an answer, not an error', async () => {
  const answer = { status: 'failing', checks: { temporal: 'unreachable' } };
  const { url } = await scripted(json(answer, 503));
  expect(await createClient({ url }).call('ready')).toEqual(answer);
});

test('a version guards an update and is then not repeated', async () => {
  const { url, asked } = await scripted(broken);
  await failureOf(createClient({ url }).call('putJobDefinition', { params: { name: 'a' }, body: {}, ifMatch: 3 }));
  expect(asked).toHaveLength(1);
  expect(asked[0]?.headers['if-match']).toBe('"3"');
});

async function fileOf(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-upload-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'file');
  await writeFile(file, text);
  return file;
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('a file goes up whole, under its digest', async () => {
  const text = 'x'.repeat(300_000);
  const { url, asked } = await scripted(problem('NOT_FOUND'), json({ sha256: sha256(text), size: text.length }, 201));
  expect(await createClient({ url }).upload(await fileOf(text))).toEqual({ sha256: sha256(text), size: text.length, known: false });
  expect(asked[0]).toMatchObject({ method: 'GET', url: `/api/v1/artifacts/${sha256(text)}` });
  expect(asked[1]).toMatchObject({ method: 'POST', url: `/api/v1/artifacts?sha256=${sha256(text)}`, body: text });
});

test('a file that the server has is not sent', async () => {
  const { url, asked } = await scripted(json({ sha256: sha256('known'), size: 5 }));
  expect(await createClient({ url }).upload(await fileOf('known'))).toEqual({ sha256: sha256('known'), size: 5, known: true });
  expect(asked).toHaveLength(1);
});

test('an upload, rebuild and prune are waited for, whatever others wait', async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { url } = await scripted((response, asked) => {
    // Whether the file is there is asked before it is sent.
    if (asked.method === 'GET' && asked.url.includes('artifacts')) return problem('NOT_FOUND')(response, asked);
    void held.then(() => json({ size: 1 })(response, asked));
  });
  const client = createClient({ url, patience: 0, answerTimeout: 100 });
  const folder = await mkdtemp(join(tmpdir(), 'longshore-long-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), 'x');
  const long = [client.call('prune', { body: {} }), client.call('rebuild'), client.upload(join(folder, 'file'))];
  expect(await failureOf(client.call('queues'))).toMatchObject({ code: 'UNREACHABLE', detail: expect.stringContaining('within 0.1 s') });
  release?.();
  expect(await Promise.all(long)).toMatchObject([{ size: 1 }, { size: 1 }, { size: 1, known: false }]);
});

test('an upload that is refused before its end tells why', async () => {
  const { url } = await scripted((response, asked) => problem(asked.method === 'GET' ? 'NOT_FOUND' : 'TOO_LARGE')(response, asked));
  const folder = await mkdtemp(join(tmpdir(), 'longshore-refused-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), Buffer.alloc(1024 * 1024));
  expect(await failureOf(createClient({ url }).upload(join(folder, 'file')))).toMatchObject({ code: 'TOO_LARGE', exitCode: 2 });
});

test('an answer that breaks off in its middle fails as an unreachable server does', async () => {
  const { url } = await scripted((response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{', () => response.socket?.destroy());
  });
  expect(await failureOf(createClient({ url }).call('queues'))).toMatchObject({ code: 'UNREACHABLE', exitCode: 5 });
  const answer = await createClient({ url }).download('jobLogs', { params: { id: '1' } });
  expect(await failureOf(answer.bytes())).toMatchObject({ code: 'UNREACHABLE', exitCode: 5 });
});
