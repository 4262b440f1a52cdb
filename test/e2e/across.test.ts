// Reruns that carry what has waited for them, across DAGs and cycles, on a real `longshore up`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import type { RunSummary } from '../../src/specs/run-views.schema.ts';
import { startUp, type Up } from '../helpers/up.ts';

let up: Up;
let client: Client;

const PATIENCE = { timeout: 60_000, interval: 100 } as const;
const shell = (script: string) => ({ job: { type: 'shell', config: { command: ['sh', '-c', script] } } });
const document = (fields: object): Record<string, never> => fields as Record<string, never>;
const daily = { cron: '0 6 * * *', timezone: 'UTC' };
const [MON, TUE] = ['2026-11-23T06:00:00Z', '2026-11-24T06:00:00Z'];

const put = async (name: string, nodes: Record<string, object>): Promise<void> => {
  await client.call('putDag', { params: { name }, body: document({ schedule: daily, defaults: { cluster: 'local' }, nodes }) });
};
const start = async (ref: string, cycle: string): Promise<string> => (await client.call('createRun', { body: { ref, cycle } })).id;
const runOf = (id: string) => client.call('getRun', { params: { id } });
const nodeOf = async (id: string, node: string) => await client.call('getNode', { params: { id, node } });
const ended = async (id: string, generation = 1): Promise<void> =>
  await expect
    .poll(async () => {
      const run: RunSummary = await runOf(id);
      return [run.status, run.outcome, run.generation];
    }, PATIENCE)
    .toEqual(['FINISH', 'SUCCEED', generation]);
const rerun = async (id: string, body: object) => {
  const answer = await client.call('rerunRun', { params: { id }, body });
  return 'dryRun' in answer ? Promise.reject(new Error('a dry run')) : answer;
};

/** orders → report, which waits for its load; → board, which waits for the report of the day before. */
let orders: string;
let report: string;
let board: string;
let sums: string;

beforeAll(async () => {
  up = await startUp();
  client = up.api();
  await put('orders', { extract: shell('true'), load: { needs: ['extract'], ...shell('sleep 1') }, note: shell('true') });
  await put('report', {
    orders: { wait: { dag: 'orders', node: 'load' } },
    before: shell('true'),
    make: { needs: ['orders', 'before'], ...shell('true') },
    apart: { needs: ['before'], ...shell('true') },
  });
  await put('board', { report: { wait: { dag: 'report', window: 'd(-1)' } }, draw: { needs: ['report'], ...shell('true') } });
  await put('sums', {
    orders: { wait: { dag: 'orders' } },
    board: { wait: { dag: 'report', node: 'make' } },
    add: { needs: ['orders', 'board'], ...shell('true') },
  });
}, 180_000);
afterAll(async () => await up?.stop());

describe('a rerun across DAGs', () => {
  test('is shown first, run by run, and carries only what has waited for its nodes', async () => {
    [orders, report, board, sums] = await Promise.all([start('orders', MON), start('report', MON), start('board', TUE), start('sums', MON)]);
    for (const id of [orders, report, board, sums]) await ended(id);
    const plan = await client.call('rerunRun', {
      params: { id: orders },
      body: { mode: 'downstream', nodes: ['load'], across: true, dryRun: true },
    });
    expect(plan).toMatchObject({
      again: [{ name: 'load' }],
      across: [
        {
          runId: report,
          dag: 'report',
          cycle: MON,
          nodes: ['orders'],
          generation: 1,
          again: [
            { name: 'orders', attempt: 2 },
            { name: 'make', attempt: 2 },
          ],
        },
        { runId: sums, dag: 'sums', cycle: MON, nodes: ['orders', 'board'] },
        { runId: board, dag: 'board', cycle: TUE, nodes: ['report'], again: [{ name: 'report' }, { name: 'draw' }] },
      ],
    });
    const note = await client.call('rerunRun', { params: { id: orders }, body: { nodes: ['note'], across: true, dryRun: true } });
    expect(note).toMatchObject({ again: [{ name: 'note' }], across: [{ runId: sums, nodes: ['orders'] }] });
    expect((await runOf(report)).generation).toBe(1);
  });

  test('each waits for what runs again before it, and is asked once however often it is sent', async () => {
    const body = { mode: 'downstream', nodes: ['load'], across: true, id: 'across-1', reason: 'wrong rates' };
    const answer = await rerun(orders, body);
    expect(answer.effect).toBe('done');
    expect(answer.across!.map(({ runId, effect }) => [runId, effect])).toEqual([
      [report, 'done'],
      [sums, 'done'],
      [board, 'done'],
    ]);
    for (const id of [orders, report, board, sums]) await ended(id, 2);
    const endOf = async (id: string, node: string) => Date.parse((await nodeOf(id, node)).endedAt!);
    const load = await endOf(orders, 'load');
    const waits = { report: await endOf(report, 'orders'), make: await endOf(report, 'make'), board: await endOf(board, 'report') };
    expect(waits.report).toBeGreaterThanOrEqual(load);
    expect(waits.board).toBeGreaterThanOrEqual(waits.make);
    expect(await endOf(sums, 'board')).toBeGreaterThanOrEqual(waits.make);
    expect((await nodeOf(report, 'apart')).attempt).toBe(1);
    expect(await rerun(orders, body)).toMatchObject({ effect: 'done', across: answer.across });
    for (const id of [orders, report, board, sums]) expect((await runOf(id)).generation, id).toBe(2);
    const { items } = await client.call('runEvents', { params: { id: board }, query: { after: 0, limit: 100 } });
    expect(items.find(({ type }) => type === 'rerun')).toMatchObject({ reason: `with run ${orders}: wrong rates` });
  });

  test('without it nothing else is touched', async () => {
    expect(await rerun(orders, { nodes: ['note'] })).not.toHaveProperty('across');
    await ended(orders, 3);
    expect((await runOf(sums)).generation).toBe(2);
  });

  test('runs that wait for each other are refused before anything is done', async () => {
    await put('here', { first: shell('true'), last: { wait: { dag: 'there', node: 'second' } } });
    await put('there', { first: shell('true'), second: { wait: { dag: 'here', node: 'first' } } });
    const [here, there] = await Promise.all([start('here', MON), start('there', MON)]);
    await ended(here);
    await ended(there);
    await expect(rerun(here, { mode: 'all', across: true })).rejects.toMatchObject({ status: 409, message: expect.stringContaining('wait') });
    expect((await runOf(here)).generation).toBe(1);
    expect(await rerun(here, { nodes: ['last'], across: true }), 'nobody waits for that one').toMatchObject({ effect: 'done', across: [] });
  });
});
