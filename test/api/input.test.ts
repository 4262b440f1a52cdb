// Bad input: every field of a spec, every body, every filter. Each gets an answer that says where and why, and harms nothing else.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { job, startTestApi, type Answer, type TestApi } from './server.ts';

let api: TestApi;
let token: string;

beforeAll(async () => {
  api = await startTestApi();
  token = await api.token('default', 'editor');
});
afterAll(async () => await api?.stop());

const create = async (body: unknown): Promise<Answer> => await api.ask('createJob', { token, body });

const LONG = 'x'.repeat(5_000);
/** Field → wrong values, each with the place that the answer must name (default: the field itself). */
const WRONG: Record<string, readonly unknown[]> = {
  name: [undefined, 1, '', LONG, 'Upper', 'a\0b', '../x', 'ä', '-x'],
  description: [1, LONG, 'a\0b'],
  type: [undefined, 1, '', LONG, 'a\0b', ['shell']],
  cluster: [1, '', LONG, 'a\0b', '*'],
  queue: [1, '', LONG, 'a\0b'],
  group: [1, '', LONG, 'a\0b'],
  priority: ['5', 0, 11, 1.5, null, 1e308],
  user: [1, '', LONG, 'a\0b', '-x', 'root;id'],
  workers: [1, '', LONG, 'a\0b'],
  config: [1, 'x', [], null, { value: { command: ['a\0b'] }, at: '/config/command/0' }, { value: { command: [1] }, at: '/config/command/0' }],
  env: [
    1,
    [],
    { value: { A: 1 }, at: '/env/A' },
    { value: { A: 'a\0b' }, at: '/env/A' },
    { value: { A: 'x'.repeat(140_000) }, at: '/env/A' },
    { value: { 'A B': '1' }, at: '/env/A B' },
    { value: { 'A=B': '1' }, at: '/env/A=B' },
    { value: { LONGSHORE_KEY: '1' }, at: '/env/LONGSHORE_KEY' },
    { value: { PWD: '/' }, at: '/env/PWD' },
    { value: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`V${i}`, ''])), at: '/env' },
  ],
  secrets: [1, { value: { A: 1 }, at: '/secrets/A' }, { value: { A: '../x' }, at: '/secrets/A' }, { value: { 'A\0': 'x' }, at: '/secrets/A\0' }],
  resources: [
    1,
    { value: { cpu: 0 }, at: '/resources/cpu' },
    { value: { cpu: '1' }, at: '/resources/cpu' },
    { value: { cpu: 5_000 }, at: '/resources/cpu' },
    { value: { memory: 'lots' }, at: '/resources/memory' },
    { value: { gpu: 1 }, at: '/resources/gpu' },
  ],
  outputs: [
    1,
    { value: { a: { file: '../x' } }, at: '/outputs/a/file' },
    { value: { a: { file: '/etc/passwd' } }, at: '/outputs/a/file' },
    { value: { a: { file: 'a\0b' } }, at: '/outputs/a/file' },
    { value: { a: { file: LONG } }, at: '/outputs/a/file' },
    { value: { a: { type: 'date' } }, at: '/outputs/a/type' },
    { value: { '../a': { file: 'x' } }, at: '/outputs/..~1a' },
  ],
  retry: [
    1,
    { value: { attempts: 0 }, at: '/retry/attempts' },
    { value: { attempts: 1_000 }, at: '/retry/attempts' },
    { value: { on: ['nobody'] }, at: '/retry/on/0' },
    { value: { backoff: { initial: 'soon' } }, at: '/retry/backoff/initial' },
    { value: { backoff: { factor: 0 } }, at: '/retry/backoff/factor' },
  ],
  timeouts: [
    1,
    { value: { run: '1 hour' }, at: '/timeouts/run' },
    { value: { run: 60 }, at: '/timeouts/run' },
    { value: { rum: '1h' }, at: '/timeouts/rum' },
  ],
  check: [1, { value: { every: 'often' }, at: '/check/every' }],
  onLost: [1, '', 'hope', 'a\0b'],
  lostAfter: [1, '', 'x', '9'.repeat(50)],
  rerunWindow: [1, '', 'x'],
  webhook: [
    1,
    { value: { url: 'x' }, at: '/webhook/url' },
    { value: { url: 'file:///etc/passwd' }, at: '/webhook/url' },
    { value: { url: `http://x/${LONG}` }, at: '/webhook/url' },
  ],
  labels: [
    1,
    { value: { a: 1 }, at: '/labels/a' },
    { value: { a: LONG }, at: '/labels/a' },
    { value: { a: 'a\0b' }, at: '/labels/a' },
    { value: { 'A A': '' }, at: '/labels/A A' },
  ],
  nonsense: [1],
};

function placed(wrong: unknown, field: string): { value: unknown; at: string } {
  const known = typeof wrong === 'object' && wrong !== null && Object.hasOwn(wrong, 'at');
  return known ? (wrong as { value: unknown; at: string }) : { value: wrong, at: `/${field}` };
}

describe('every field of a job', () => {
  test.each(Object.entries(WRONG))('%s: each wrong value is named with its place', async (field, values) => {
    for (const wrong of values) {
      const { value, at } = placed(wrong, field);
      const answer = await create({ spec: { ...job(), [field]: value } });
      const shown = JSON.stringify(value)?.slice(0, 60);
      expect([shown, answer.status, answer.json.code]).toEqual([shown, 400, 'INVALID']);
      expect(
        answer.json.errors?.map((error) => error.path),
        shown,
      ).toContain(`/spec${at}`);
      for (const error of answer.json.errors ?? []) expect([error.message.length < 400, (error.value ?? '').length <= 81]).toEqual([true, true]);
      expect(answer.json.detail).toContain(answer.json.errors![0]!.path);
    }
  });

  test('a slip of the pen gets a suggestion, a wrong value is quoted', async () => {
    const answer = await create({ spec: { ...job(), prioritty: 3, onLost: 'aks' } });
    const messages = Object.fromEntries(answer.json.errors!.map((error) => [error.path, error]));
    expect(messages['/spec/prioritty']!.message).toContain('did you mean "priority"');
    expect(messages['/spec/onLost']).toMatchObject({ value: '"aks"', message: expect.stringContaining('ask, fail, rerun; did you mean "ask"') });
  });

  test('a patch is held to the same rules as a spec', async () => {
    for (const [field, values] of Object.entries(WRONG)) {
      if (['name', 'type', 'config'].includes(field)) continue;
      for (const wrong of values) {
        const value = placed(wrong, field).value;
        if (value === undefined) continue;
        const answer = await create({ spec: job(), with: { [field]: value } });
        expect([field, JSON.stringify(value).slice(0, 60), answer.status]).toEqual([field, JSON.stringify(value).slice(0, 60), 400]);
      }
    }
  });
});

describe('bodies that are no requests', () => {
  test('syntax errors name their position', async () => {
    const answer = await create('{"spec": {"name": "x",}}');
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID']);
    expect(answer.json.detail).toMatch(/position 22/);
  });

  const bombs: Record<string, string | Uint8Array> = {
    'brackets 250,000 deep': '['.repeat(250_000),
    'objects 80,000 deep': '{"a":'.repeat(80_000),
    'nesting inside config': `{"spec":{"name":"x","type":"shell","config":${'{"a":'.repeat(100)}1${'}'.repeat(100)}}}`,
    'a number that is infinite': '{"spec":{"name":"x","type":"shell","config":{"a":1e999}}}',
    'a lone surrogate': '{"spec":{"name":"x","type":"shell","description":"\\ud800"}}',
    'a lone surrogate as a name': '{"spec":{"name":"x","type":"shell","env":{"\\udc00":"1"}}}',
    'bytes that are no UTF-8': Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    'a string in place of an object': '"spec"',
    null: 'null',
    'an empty body': '',
    YAML: 'spec:\n  name: x',
    'a form': 'spec[name]=x&spec[type]=shell',
    'NUL bytes': '\0\0\0\0',
  };
  test.each(Object.entries(bombs))('%s', async (_title, body) => {
    const answer = await create(body);
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID']);
    expect(answer.text).not.toMatch(/node_modules|at .*\.ts:\d+|node:internal/);
  });

  test('a compressed body is refused, so that none can swell', async () => {
    const answer = await api.ask('createJob', { token, body: 'x', headers: { 'content-encoding': 'gzip' } });
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID']);
  });

  test('duplicate names and huge integers do no harm', async () => {
    expect((await create('{"spec":{"name":"x","name":"y","type":"shell","config":{"command":["true"]}}}')).json['name']).toBe('y');
    expect((await create('{"spec":{"name":"x","type":"shell","config":{"command":["true"]},"priority":99999999999999999999}}')).status).toBe(400);
  });
});

describe('prototypes', () => {
  const bodies = [
    '{"__proto__":{"polluted":1},"spec":{"name":"x","type":"shell"}}',
    '{"spec":{"name":"x","type":"shell","__proto__":{"polluted":1}}}',
    '{"spec":{"name":"x","type":"shell","env":{"__proto__":"1"}}}',
    '{"spec":{"name":"x","type":"shell","config":{"a":{"__proto__":{"polluted":1}}}}}',
    '{"spec":{"name":"x","type":"shell","config":{"constructor":{"prototype":{"polluted":1}}}}}',
    '{"spec":{"name":"x","type":"shell","config":{"command":["true"]}},"with":{"env":{"__proto__":"1"}}}',
    '{"spec":{"name":"x","type":"constructor"}}',
    '{"ref":"__proto__"}',
    '{"ref":"constructor"}',
  ];
  test.each(bodies)('%s leaves every object as it was', async (body) => {
    const answer = await create(body);
    expect([400, 404]).toContain(answer.status);
    await api.ask('listJobs', { token, query: '__proto__[polluted]=1&constructor[prototype][polluted]=1&__proto__=x' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('names of built-in members are only names', async () => {
    const answer = await create({ spec: job({ labels: { constructor: 'a' }, env: { toString: 'b', constructor: 'c' } }) });
    expect(answer.status).toBe(201);
    expect((await api.ask('getJob', { token, params: { id: String(answer.json['id']) } })).json['spec']).toMatchObject({
      env: { toString: 'b', constructor: 'c' },
    });
    for (const name of ['constructor', 'toString', 'hasownproperty']) {
      expect((await api.ask('getDefinition', { token, params: { kind: 'jobs', name } })).status, name).not.toBe(500);
      expect((await api.ask('jobOutput', { token, params: { id: String(answer.json['id']), name } })).status, name).not.toBe(200);
    }
  });
});

describe('filters and pages', () => {
  const injections = [
    "' OR '1'='1",
    "'; DROP TABLE jobs; --",
    '" OR 1=1 --',
    '1) UNION SELECT * FROM tokens --',
    '%',
    '_',
    "\\'",
    '\0',
    '1e3',
    '[]',
    '{}',
    '../..',
  ];
  const parameters = ['status', 'cluster', 'queue', 'type', 'name', 'group', 'label', 'since', 'until', 'requestId', 'limit', 'cursor'];
  test.each(parameters)('%s takes no SQL', async (parameter) => {
    const before = (await api.ask('listJobs', { token })).json['items'] as unknown[];
    expect(before.length).toBeGreaterThan(0);
    for (const value of [...injections, ...injections.map((text) => `a=${text}`)]) {
      const answer = await api.ask('listJobs', { token, query: new URLSearchParams({ [parameter]: value }).toString() });
      expect([200, 400], `${parameter}=${value}`).toContain(answer.status);
      if (answer.status === 200 && parameter !== 'limit') expect(answer.json['items'], `${parameter}=${value}`).toEqual([]);
    }
    expect((await api.ask('listJobs', { token })).json['items']).toEqual(before);
  });

  test('limits are limits', async () => {
    for (const limit of ['0', '-1', '1001', '1e9', 'all', '1.5', '']) {
      expect((await api.ask('listJobs', { token, query: `limit=${limit}` })).status, limit).toBe(400);
    }
    for (const query of ['limit=5&limit=6', 'status=RUNING', 'unknown=1', 'since=yesterday', `label=${'x'.repeat(400)}`]) {
      const answer = await api.ask('listJobs', { token, query });
      expect([query, answer.status]).toEqual([query, 400]);
      expect(answer.json.errors?.[0]?.path).toMatch(/^\/query\//);
    }
  });

  test('pages hold every job once, newest first', async () => {
    for (let i = 0; i < 5; i++) await create({ spec: job({ name: 'paged', labels: { n: String(i) } }) });
    const ids: string[] = [];
    for (let cursor = ''; ;) {
      const { items, next } = (await api.ask('listJobs', { token, query: `name=paged&limit=2${cursor}` })).json as {
        items: { id: string }[];
        next?: string;
      };
      ids.push(...items.map((item) => item.id));
      if (next === undefined) break;
      cursor = `&cursor=${next}`;
    }
    expect(ids).toHaveLength(5);
    expect(ids).toEqual([...ids].sort((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1)));
    expect((await api.ask('listJobs', { token, query: 'label=n%3D3' })).json['items']).toHaveLength(1);
  });

  test('ids that are none are refused before anything is looked up', async () => {
    for (const id of ['0', '-1', '1.5', 'abc', '../1', '%2e%2e', '9'.repeat(30), '1;x', '']) {
      const answer = await api.ask('getJob', { token, params: { id } });
      expect([id, [400, 404].includes(answer.status)]).toEqual([id, true]);
    }
    expect((await api.ask('getJob', { token, params: { id: '9223372036854775807' } })).status).toBe(404);
    expect((await api.fetch('GET', '/api/v1/jobs/%zz', { token })).status).toBe(400);
  });
});
