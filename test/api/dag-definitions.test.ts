// What is said of a DAG when it is stored: its graph, its expressions, what its jobs may do, each at its place.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { job, startTestApi, type Answer, type TestApi } from './server.ts';

let api: TestApi;
let admin: string;

beforeAll(async () => {
  api = await startTestApi();
  admin = await api.token('default', 'admin');
});
afterAll(async () => await api?.stop());

const put = (name: string, nodes: object, more: object = {}): Promise<Answer> =>
  api.ask('putDag', { token: admin, params: { name }, body: { nodes, ...more } });
const errors = async (answer: Promise<Answer>): Promise<string[]> =>
  ((await answer).json.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
const shell = (inline: string, more: object = {}) => ({ type: 'shell', config: { script: { inline } }, ...more });

test('a DAG is stored as it was written, with the defaults of the document', async () => {
  const nodes = { a: { job: shell('true') }, b: { needs: ['a'], job: shell('true') } };
  expect((await put('right', nodes)).json).toMatchObject({
    kind: 'Dag',
    app: 'default',
    version: 1,
    spec: { name: 'right', failure: 'finish', nodes },
  });
});

test('every job is checked as a job by itself, and what is wrong is told with its node', async () => {
  const answer = await put('grants', { a: { job: shell('true', { cluster: 'other' }) }, b: { job: shell('true') } });
  expect(answer.status).toBe(403);
  expect(answer.json).toMatchObject({ code: 'FORBIDDEN', errors: [{ path: '/nodes/a/job' }] });
  expect(await errors(put('type', { a: { job: { type: 'shel' } } }))).toEqual([
    expect.stringMatching(/^\/nodes\/a\/job\/type: is not a registered type; did you mean "shell"/),
  ]);
  expect(await errors(put('file', { a: { job: { type: 'python', config: { script: './load.py' } } } }))).toEqual([
    expect.stringMatching(/^\/nodes\/a\/job\/config\/script: is a file on your machine/),
  ]);
  // From the defaults, it is said where it stands there.
  expect(await errors(put('defaults', { a: { job: { type: 'python' } } }, { defaults: { config: { script: './load.py' } } }))).toEqual([
    expect.stringMatching(/^\/defaults\/config\/script: is a file on your machine/),
  ]);
});

test('what a DAG refers to must be there, and never the DAG itself', async () => {
  await api.ask('putJobDefinition', { token: admin, params: { name: 'load' }, body: job({ name: 'load' }) });
  expect((await put('refers', { a: { job: { ref: 'load' } } })).status).toBe(200);
  expect(await errors(put('refers', { a: { job: { ref: 'laod' } } }))).toEqual([
    expect.stringMatching(/^\/nodes\/a\/job\/ref: .*did you mean "load"/),
  ]);
  expect(await errors(put('self', { a: { dag: { ref: 'self' } } }))).toEqual([expect.stringMatching(/^\/nodes\/a\/dag\/ref: is this DAG itself/)]);
  expect((await put('first', { a: { job: shell('true') } })).status).toBe(200);
  expect((await put('second', { a: { dag: { ref: 'first' } } })).status).toBe(200);
  expect(await errors(put('first', { a: { dag: { ref: 'second' } } }))).toEqual([
    expect.stringMatching(/^\/nodes\/a\/dag\/ref: leads back to DAG "first"/),
  ]);
});

test('a DAG of 10,000 nodes is checked, stored and run, as big as JSON makes it', async () => {
  const node = { job: shell('echo "rows of the day" && sleep 1', { labels: { team: 'harbour', stage: 'load' } }), description: 'x'.repeat(200) };
  const nodes = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`node-${i}`, node]));
  expect(JSON.stringify(nodes).length).toBeGreaterThan(3_000_000);
  const answer = await api.ask('validateDefinition', { token: admin, params: { kind: 'dags', name: 'huge' }, body: { nodes } });
  expect(answer.status).toBe(200);
  expect((await put('huge', nodes)).status).toBe(200);
  expect((await api.ask('createRun', { token: admin, body: { ref: 'huge' } })).status).toBe(201);
  const more = await put('huge', { ...nodes, more: { job: shell('true'), description: 'x'.repeat(9_000_000) } });
  expect(more.json).toMatchObject({ code: 'TOO_LARGE', detail: 'The body is larger than 8388608 bytes.' });
  // Of other routes it stays what it was.
  expect((await api.ask('createJob', { token: admin, body: { spec: { x: 'x'.repeat(600_000) } } })).json).toMatchObject({
    code: 'TOO_LARGE',
    detail: 'The body is larger than 524288 bytes.',
  });
}, 60_000);
