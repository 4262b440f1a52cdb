// The logs of an attempt by REST: which there are, each by its name, and prune, which takes them all.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import type { LogStream } from '../../src/specs/log-streams.ts';
import { isEnd } from '../../src/specs/status.ts';
import { job, startTestApi, type TestApi } from './server.ts';

let api: TestApi;
let token: string;
beforeAll(async () => {
  api = await startTestApi({ jobs: true });
  token = await api.token('default', 'editor');
});
afterAll(async () => await api?.stop());

const ask = async (id: string, query = '') => await api.ask('jobLogStreams', { token, params: { id }, query });
const log = async (id: string, query: string) => await api.ask('jobLogs', { token, params: { id }, query });

async function create(script: string): Promise<string> {
  const spec = job({ config: { script: { inline: script } } });
  return String((await api.ask('createJob', { token, body: { spec } })).json['id']);
}
async function until(id: string, wanted: (status: never) => boolean): Promise<void> {
  await expect.poll(async () => wanted((await api.ask('getJob', { token, params: { id } })).json['status'] as never)).toBe(true);
}
/** What an executor of the job's first attempt would have printed. */
async function print(id: string, stream: LogStream, text: string): Promise<void> {
  const [attempt] = await api.runtime.store.executions.attempts(id);
  await api.runtime.logs.append({ key: attempt!.key!, stream }, 0, Buffer.from(text));
}

test('of a job that has ended: stdout, stderr, and those of its executors, each to be read', async () => {
  const id = await create('echo out');
  await until(id, isEnd);
  expect((await ask(id)).json).toEqual({
    attempt: 1,
    items: [
      { name: 'stdout', bytes: 4, end: true },
      { name: 'stderr', bytes: 0, end: true },
    ],
  });
  await print(id, 'container-1-10.stderr', 'ten\nmore\n');
  await print(id, 'container-1-2.stderr', 'two\n');
  const { items } = (await ask(id, 'attempt=1')).json as { items: { name: string }[] };
  expect(items.map(({ name }) => name)).toEqual(['stdout', 'stderr', 'container-1-2.stderr', 'container-1-10.stderr']);
  const slice = await log(id, 'stream=container-1-10.stderr&offset=4');
  expect([slice.text, slice.headers.get('x-longshore-end')]).toEqual(['more\n', 'true']);
  expect((await log(id, 'stream=container-1-10.stderr&tail=1')).text).toBe('more\n');
  const near = await log(id, 'stream=container-1-3.stderr');
  expect([near.status, near.json.code, near.json.detail]).toEqual([
    404,
    'NOT_FOUND',
    expect.stringContaining('did you mean "container-1-2.stderr"?'),
  ]);
  expect((await ask(id, 'attempt=2')).status).toBe(404);
});

test('of a job that runs, one may be waited for that is not there yet', async () => {
  const id = await create('sleep 300');
  await until(id, (status) => status === 'RUNNING');
  expect((await ask(id)).json['items']).toEqual([
    { name: 'stdout', bytes: 0, end: false },
    { name: 'stderr', bytes: 0, end: false },
  ]);
  expect((await log(id, 'stream=container-1-2.stderr')).text).toBe('');
  const client = createClient({ url: api.url, token });
  const texts: string[] = [];
  // Whenever it comes: the reader is there before it.
  const printed = sleep(500).then(() => print(id, 'container-1-2.stderr', 'here it is\n'));
  for await (const message of client.stream('jobLogs', { params: { id }, query: { follow: 'true', stream: 'container-1-2.stderr' } })) {
    if (message.event === 'end') break;
    texts.push((JSON.parse(message.data) as { text: string }).text);
    await api.ask('killJob', { token, params: { id }, body: { how: 'forced' } });
  }
  await printed;
  expect(texts.join('')).toBe('here it is\n');
});

test.each(['../x.stdout', '..%2Fx.stdout', 'x', 'x.log', 'STDOUT', 'a.b.stdout', `${'a'.repeat(64)}.stdout`, ''])(
  '%s is no name of a log',
  async (stream) => {
    const id = await create('true');
    const answer = await log(id, `stream=${stream}`);
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID']);
  },
);
