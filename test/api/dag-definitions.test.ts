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
