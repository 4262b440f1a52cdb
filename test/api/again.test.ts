// A message whose answer was lost is sent again with its id, and answered as it was: also when the job has gone on meanwhile.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RouteName } from '../../src/specs/routes.schema.ts';
import type { JobView } from '../../src/specs/views.schema.ts';
import { job, startTestApi, type TestApi } from './server.ts';

let api: TestApi;
let token: string;

beforeAll(async () => {
  api = await startTestApi({ jobs: true });
  token = await api.token('default', 'editor');
});
afterAll(async () => await api?.stop());

const create = async (inline: string): Promise<string> =>
  String((await api.ask('createJob', { token, body: { spec: job({ config: { script: { inline } } }) } })).json['id']);
const until = async (id: string, status: string, attempt: number): Promise<void> =>
  await expect
    .poll(async () => (await api.ask('getJob', { token, params: { id } })).json as unknown as JobView, { timeout: 30_000 })
    .toMatchObject({ status, attempt });
const send = async (route: RouteName, id: string, body: Record<string, unknown>): Promise<unknown[]> => {
  const { status, json } = await api.ask(route, { token, params: { id }, body });
  return [status, json['effect'] ?? json.code];
};

test('a rerun while its attempt runs and after that has ended, a modify and a resolve after the end', async () => {
  const id = await create('test "$WAIT" = yes && sleep 300; exit 3');
  await until(id, 'FAILED', 1);
  const rerun = { id: 'again', attempt: 1, with: { env: { WAIT: 'yes' } } };
  expect(await send('rerunJob', id, rerun)).toEqual([202, 'done']);
  await until(id, 'RUNNING', 2);
  expect(await send('rerunJob', id, rerun)).toEqual([202, 'done']);
  expect(await send('rerunJob', id, { ...rerun, id: 'another' })).toEqual([409, 'CONFLICT']);

  expect(await send('modifyJob', id, { id: 'change', with: { priority: 2 } })).toEqual([202, 'done']);
  await send('killJob', id, { how: 'forced' });
  await until(id, 'KILLED', 2);
  expect(await send('rerunJob', id, rerun)).toEqual([202, 'done']);
  expect(await send('rerunJob', id, { id: 'again' })).toEqual([202, 'done']);
  await until(id, 'KILLED', 2);

  expect(await send('modifyJob', id, { id: 'change', with: { priority: 2 } })).toEqual([202, 'done']);
  expect(await send('modifyJob', id, { id: 'late', with: { priority: 2 } })).toEqual([409, 'CONFLICT']);
  // A resolve is known by its id as any message is.
  expect(await send('resolveJob', id, { id: 'again', as: 'failed' })).toEqual([202, 'done']);
  expect(await send('resolveJob', id, { id: 'late', as: 'failed' })).toEqual([409, 'CONFLICT']);
});
