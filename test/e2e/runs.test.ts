// Runs of DAGs on a real `longshore up`: real processes, seen by REST as a user sees them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import type { NodeSummary, RunEventView, RunSummary, RunView, ShownNodeStatus } from '../../src/specs/run-views.schema.ts';
import { startUp, type Up } from '../helpers/up.ts';

let up: Up;
let client: Client;

beforeAll(async () => {
  up = await startUp();
  client = up.api();
});
afterAll(async () => await up?.stop());

const PATIENCE = { timeout: 60_000, interval: 100 } as const;
/** A shell job that runs this script, with these arguments. */
const sh = (script: string, ...args: string[]) => ({ type: 'shell', config: { command: ['sh', '-c', script, 'sh', ...args] } });
/** A document as the client takes it. */
const document = (fields: object): Record<string, never> => fields as Record<string, never>;
const sleeper = sh('sleep 60');
/** A node whose job says this of its progress, and stays. */
const telling = (line: string) => ({ job: sh('echo "$1" >> "$LONGSHORE_PROGRESS"; sleep 60', line) });

type Nodes = Record<string, Record<string, unknown>>;
async function start(nodes: Nodes, more: Record<string, unknown> = {}, params: Record<string, never> = {}): Promise<RunView> {
  const spec = document({ name: 'e2e', defaults: { cluster: 'local' }, nodes, ...more });
  return await client.call('createRun', { body: { spec, params } });
}
const runOf = (id: string): Promise<RunView> => client.call('getRun', { params: { id } });
const nodeOf = (id: string, node: string) => client.call('getNode', { params: { id, node } });
const until = async (id: string, node: string, status: ShownNodeStatus): Promise<void> =>
  await expect.poll(async () => (await nodeOf(id, node)).status, PATIENCE).toBe(status);

async function statuses(id: string): Promise<Record<string, string>> {
  const { items } = await client.call('listNodes', { params: { id } });
  return Object.fromEntries(items.map(({ name, status }) => [name, status]));
}

interface Followed {
  readonly events: RunEventView[];
  readonly nodes: NodeSummary[];
  readonly end: RunSummary;
}

/** Reads a run's stream to its end. */
async function follow(id: string): Promise<Followed> {
  const events: RunEventView[] = [];
  const nodes: NodeSummary[] = [];
  for await (const message of client.stream('runEvents', { params: { id } })) {
    if (message.event === 'end') return { events, nodes, end: JSON.parse(message.data) as RunSummary };
    if (message.event === 'nodes') nodes.push(...(JSON.parse(message.data) as { items: NodeSummary[] }).items);
    else events.push(JSON.parse(message.data) as RunEventView);
  }
  throw new Error('the stream ended without its end');
}

describe('a run to its end', () => {
  test('items, outputs, conditions and a failure that is ignored; told as it happens', async () => {
    const run = await start(
      {
        extract: {
          foreach: { item: ['ATL', 'ORD', 'DFW'] },
          job: { ...sh('echo "$1"; echo rows=$2 >> "$LONGSHORE_OUTPUT"', '${{ item }}', '${{ params.rows }}'), outputs: { rows: { type: 'int' } } },
        },
        load: {
          needs: ['extract'],
          job: { ...sh('echo total=$1 >> "$LONGSHORE_OUTPUT"', '${{ json(outputs.extract.map(o, o.rows)) }}'), outputs: { total: { type: 'json' } } },
        },
        broken: { needs: ['load'], onFailure: 'ignore', job: sh('exit 3') },
        never: { needs: ['load'], when: 'params.rows > 100', job: sleeper },
        report: { needs: ['broken'], job: sh('echo done') },
      },
      { parameters: { rows: { type: 'int', default: 7 } } },
    );
    const { events, nodes, end } = await follow(run.id);
    expect(end).toMatchObject({ id: run.id, status: 'FINISH', outcome: 'SUCCEED' });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(nodes.filter(({ name }) => name === 'broken').at(-1)).toMatchObject({ status: 'FAILED', reason: 'exit code 3', ignored: true });
    expect(nodes.filter(({ name }) => name === 'never').at(-1)).toMatchObject({ status: 'SKIPPED', attempt: 0 });
    expect(await statuses(run.id)).toEqual({ extract: 'SUCCEED', load: 'SUCCEED', broken: 'FAILED', never: 'SKIPPED', report: 'SUCCEED' });

    const extract = await nodeOf(run.id, 'extract');
    expect(extract).toMatchObject({ kind: 'foreach', items: { total: 3, statuses: { SUCCEED: 3 } } });
    expect(new Set(extract.jobs.map(({ item }) => item))).toEqual(new Set([0, 1, 2]));
    const outputs = await client.call('runOutputs', { params: { id: run.id } });
    expect(outputs.items).toContainEqual(expect.objectContaining({ node: 'extract', item: 1, name: 'rows', value: 7 }));
    const { attempts } = await nodeOf(run.id, 'load');
    expect(attempts).toMatchObject([{ attempt: 1, status: 'SUCCEED' }]);
    const timeline = await client.call('runTimeline', { params: { id: run.id } });
    expect(timeline.criticalPath.nodes.map(({ name }) => name)).toEqual(['extract', 'load', 'broken', 'report']);
    const jobs = await client.call('listJobs', { query: { run: run.id, node: 'extract' } });
    expect(jobs.items.map(({ node }) => node)).toEqual(['extract', 'extract', 'extract']);
    expect((await client.call('listJobs', { query: { run: 'none' } })).items).toEqual([]);
  });

  test('each of several jobs under way says how far it is', async () => {
    const run = await start({ one: telling('a third'), two: telling('a half') });
    const progressOf = async (node: string): Promise<unknown> => (await nodeOf(run.id, node)).attempts.at(-1)?.observation?.['progress'];
    await expect.poll(() => progressOf('one'), PATIENCE).toBe('a third');
    await expect.poll(() => progressOf('two'), PATIENCE).toBe('a half');
    const { jobId } = await nodeOf(run.id, 'one');
    expect((await client.call('getJob', { params: { id: jobId! } })).workflowId).toBe(run.workflowId);
    await client.call('killRun', { params: { id: run.id }, body: { how: 'forced' } });
    expect((await follow(run.id)).end.outcome).toBe('KILLED');
  });

  test('a DAG in a DAG, and jobs that are stored', async () => {
    const job = { ...sh('echo "$NAME"'), env: { NAME: 'stored' }, cluster: 'local' };
    await client.call('putJobDefinition', { params: { name: 'stored' }, body: document(job) });
    const inner = { parameters: { n: { type: 'int' } }, defaults: { cluster: 'local' }, nodes: { only: { job: { ref: 'stored' } } } };
    await client.call('putDag', { params: { name: 'inner' }, body: document(inner) });
    const run = await start({ part: { dag: { ref: 'inner', params: { n: 1 } } }, last: { needs: ['part'], job: sh('true') } });
    expect((await follow(run.id)).end.outcome).toBe('SUCCEED');
    const { childRun } = await nodeOf(run.id, 'part');
    expect(await runOf(childRun!)).toMatchObject({ dag: 'inner', version: 1, params: { n: 1 }, outcome: 'SUCCEED', parent: { node: 'part' } });
  });
});

describe('reruns', () => {
  test('what failed, with other parameters: as the dry run has said', async () => {
    const run = await start(
      {
        first: { job: sh('true') },
        gate: { needs: ['first'], job: sh('test "$1" = open', '${{ params.gate }}') },
        after: { needs: ['gate'], job: sh('true') },
      },
      { parameters: { gate: { type: 'string', default: 'closed' } } },
    );
    expect((await follow(run.id)).end).toMatchObject({ outcome: 'FAILED', reason: 'failed: gate' });
    expect((await nodeOf(run.id, 'after')).reason).toBe('needs success of gate, which is FAILED');
    const params = { id: run.id };
    const body = { params: { gate: 'open' } };
    const planned = await client.call('rerunRun', { params, body: { ...body, dryRun: true } });
    expect(planned).toMatchObject({ again: [{ name: 'gate', attempt: 2 }], anew: [{ name: 'after' }], stopped: [], params: body.params });
    expect((await runOf(run.id)).generation).toBe(1);

    const answer = await client.call('rerunRun', { params, body: { ...body, id: 'once' } });
    expect(answer).toMatchObject({ effect: 'done', run: { generation: 2 } });
    expect((await follow(run.id)).end).toMatchObject({ outcome: 'SUCCEED', generation: 2 });
    expect((await nodeOf(run.id, 'gate')).attempts.map(({ status }) => status)).toEqual(['FAILED', 'SUCCEED']);
    expect((await nodeOf(run.id, 'first')).attempt).toBe(1);
    // Sent again, because its answer was lost, it is the same rerun.
    expect(await client.call('rerunRun', { params, body: { ...body, id: 'once' } })).toMatchObject({ effect: 'done', run: { generation: 2 } });
  });

  test('from a node on, and one item alone', async () => {
    const run = await start({
      items: { foreach: { item: [0, 1] }, job: sh('true') },
      middle: { needs: ['items'], job: sh('true') },
      end: { needs: ['middle'], job: sh('true') },
    });
    await follow(run.id);
    const params = { id: run.id };
    await client.call('rerunRun', { params, body: { mode: 'downstream', nodes: ['middle'] } });
    expect((await follow(run.id)).end).toMatchObject({ outcome: 'SUCCEED', generation: 2 });
    expect([(await nodeOf(run.id, 'middle')).attempt, (await nodeOf(run.id, 'end')).attempt]).toEqual([2, 2]);
    await client.call('rerunRun', { params, body: { nodes: ['items'], item: 1 } });
    expect((await follow(run.id)).end).toMatchObject({ outcome: 'SUCCEED', generation: 3 });
    const { jobs } = await nodeOf(run.id, 'items');
    expect(Object.fromEntries(jobs.map(({ item, attempt }) => [item, attempt]))).toEqual({ 0: 1, 1: 2 });
  });

  test('on another version of the DAG', async () => {
    const put = async (script: string) => {
      const body = { defaults: { cluster: 'local' }, nodes: { a: { job: sh('true') }, b: { needs: ['a'], job: sh(script) } } };
      return (await client.call('putDag', { params: { name: 'repaired' }, body: document(body) })).version;
    };
    await put('exit 1');
    const run = await client.call('createRun', { body: { ref: 'repaired' } });
    expect((await follow(run.id)).end.outcome).toBe('FAILED');
    const version = await put('exit 0');
    await client.call('rerunRun', { params: { id: run.id }, body: { version } });
    expect((await follow(run.id)).end).toMatchObject({ outcome: 'SUCCEED', version: 2 });
    expect((await nodeOf(run.id, 'a')).attempt).toBe(1);
  });
});

describe('kills', () => {
  test('of an item, of a node and of the run', async () => {
    const run = await start({
      items: { foreach: { item: [0, 1] }, job: sleeper },
      node: { job: sleeper },
      other: { job: sleeper },
      after: { needs: ['node'], job: sh('true') },
    });
    await until(run.id, 'node', 'RUNNING');
    await expect.poll(async () => (await nodeOf(run.id, 'items')).items?.statuses['RUNNING'], PATIENCE).toBe(2);
    const params = { id: run.id };
    expect(await client.call('killRun', { params, body: { node: 'items', item: 0, how: 'forced' } })).toMatchObject({ run: { status: 'RUNNING' } });
    await expect.poll(async () => (await nodeOf(run.id, 'items')).items?.statuses, PATIENCE).toEqual({ KILLED: 1, RUNNING: 1 });
    await client.call('killRun', { params, body: { node: 'node', how: 'forced', reason: 'not needed' } });
    await until(run.id, 'node', 'KILLED');
    expect(await statuses(run.id)).toMatchObject({ other: 'RUNNING', items: 'RUNNING', after: 'SKIPPED' });
    expect((await runOf(run.id)).killRequested).toBeUndefined();
    await client.call('killRun', { params, body: { reason: 'enough', how: 'forced' } });
    expect((await follow(run.id)).end).toMatchObject({ outcome: 'KILLED', killRequested: { reason: 'enough' } });
    expect(await statuses(run.id)).toEqual({ items: 'KILLED', node: 'KILLED', other: 'KILLED', after: 'SKIPPED' });
    // What has ended is killed already.
    expect(await client.call('killRun', { params, body: {} })).toMatchObject({ effect: 'done' });
  });

  test('by the routes of its job, and its rerun', async () => {
    const run = await start({ node: { job: sleeper } });
    await until(run.id, 'node', 'RUNNING');
    const id = (await nodeOf(run.id, 'node')).jobId!;
    const killed = await client.call('killJob', { params: { id }, body: { how: 'forced' } });
    expect(killed.job).toMatchObject({ run: run.id, node: 'node' });
    expect((await follow(run.id)).end.outcome).toBe('FAILED');
    const again = await client.call('rerunJob', { params: { id } });
    expect(again.job.attempt).toBe(2);
    await until(run.id, 'node', 'RUNNING');
    await expect(client.call('rerunJob', { params: { id }, body: { with: { priority: 1 } } })).rejects.toMatchObject({ code: 'CONFLICT' });
    await client.call('killRun', { params: { id: run.id }, body: { how: 'forced' } });
    expect((await follow(run.id)).end.outcome).toBe('KILLED');
  });
});

describe('by hand', () => {
  test('approvals, signals, marks, skips, disabled nodes and a pause', async () => {
    const run = await start({
      release: { wait: { approval: {} } },
      file: { wait: { signal: 'arrived' } },
      load: { needs: ['file'], job: sh('true') },
      skipped: { needs: ['release'], job: sleeper },
      off: { needs: ['release'], job: sleeper },
      marked: { needs: ['release'], job: sh('exit 1') },
      last: { needs: { load: {}, marked: {}, skipped: { on: 'done' } }, job: sh('true') },
    });
    await until(run.id, 'release', 'RUNNING');
    await until(run.id, 'file', 'RUNNING');
    const params = { id: run.id };
    const node = (name: string) => ({ params: { id: run.id, node: name } });
    expect(await client.call('skipNode', node('skipped'))).toMatchObject({ effect: 'done' });
    expect(await client.call('disableNode', node('off'))).toMatchObject({ effect: 'done' });
    await expect(client.call('disableNode', node('off'))).rejects.toMatchObject({
      code: 'CONFLICT',
      detail: expect.stringContaining('disabled already'),
    });
    expect(await client.call('pauseRun', { params, body: { reason: 'wait a moment' } })).toMatchObject({ run: { paused: true } });
    await client.call('approveNode', node('release'));
    await until(run.id, 'off', 'DISABLED');
    expect(await nodeOf(run.id, 'marked')).toMatchObject({ status: 'WAITING', reason: 'the run is paused' });
    expect(await client.call('resumeRun', { params })).toMatchObject({ run: { paused: false } });
    await until(run.id, 'marked', 'FAILED');
    expect(await client.call('markNode', { ...node('marked'), body: { as: 'succeeded', reason: 'repaired' } })).toMatchObject({ effect: 'done' });
    expect(await client.call('signalRun', { params, body: { name: 'arrived' } })).toMatchObject({ effect: 'done' });
    expect((await follow(run.id)).end.outcome).toBe('SUCCEED');
    expect(await statuses(run.id)).toEqual({
      release: 'SUCCEED',
      file: 'SUCCEED',
      load: 'SUCCEED',
      skipped: 'SKIPPED',
      off: 'DISABLED',
      marked: 'SUCCEED',
      last: 'SUCCEED',
    });
    await expect(client.call('pauseRun', { params })).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
