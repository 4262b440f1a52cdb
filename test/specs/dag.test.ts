// What a Dag document may say, what is said of mistakes in it, and what is made of it.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { validateDag } from '../../src/specs/dag-check.ts';
import { findCycle } from '../../src/specs/dag-cycle.ts';
import { inlineJob } from '../../src/specs/dag-job.ts';
import { MAX_ITEMS, MAX_NEEDS } from '../../src/specs/dag-node.schema.ts';
import { compileDag } from '../../src/specs/dag-plan.ts';
import { MAX_NODES, dagSpecSchema, type DagSpecInput } from '../../src/specs/dag.schema.ts';
import { FAILURE, ON, SUCCESS } from '../../src/specs/dag.ts';
import { jobSpecSchema } from '../../src/specs/job.schema.ts';

const job = { type: 'shell', config: { script: 'true' } };
const many = <Value>(count: number, value: (i: number) => Value, name = (i: number) => `n${i}`): Record<string, Value> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [name(i), value(i)]));
const dag = (nodes: unknown, more: object = {}): unknown => ({ name: 'd', nodes, ...more });

const takes = (spec: unknown): boolean => dagSpecSchema.safeParse(spec).success;
/** The first mistakes of a DAG, as "path: message". */
const mistakes = (nodes: DagSpecInput['nodes'], more: object = {}): string[] =>
  validateDag(dagSpecSchema.parse(dag(nodes, more))).map(({ path, message }) => `${path}: ${message}`);

const flights = {
  name: 'flights-daily',
  parameters: { day: { type: 'date', default: '${{ cycle.dataDate }}' } },
  defaults: { cluster: 'local', retry: { attempts: 2 } },
  schedule: { cron: '0 6 * * *', timezone: 'Europe/Berlin', misfire: 'latest' },
  failure: 'drain',
  nodes: {
    orders: { wait: { dag: 'orders-daily', node: 'load', window: 'd(-1)', rule: 'all', timeout: '12h' } },
    extract: {
      needs: ['orders'],
      foreach: { item: ['ATL', 'ORD', 'DFW'], limit: 2 },
      job: { type: 'python', config: { script: './extract.py', args: ['${{ item }}', '${{ params.day }}'] } },
    },
    aggregate: { needs: ['extract'], when: 'outputs.extract.all(o, o.rows > 0)', job: { ref: 'aggregate-flights' } },
    report: { needs: ['aggregate'], onFailure: 'ignore', job: { type: 'shell', config: { script: './report.sh' } } },
  },
};

describe('a Dag document', () => {
  test('is what people write', () => {
    const spec = dagSpecSchema.parse(flights);
    expect(validateDag(spec)).toEqual([]);
    expect(spec.nodes).toEqual(flights.nodes);
  });

  test('is what docs/dags.md shows', () => {
    const page = readFileSync(new URL('../../docs/dags.md', import.meta.url), 'utf8');
    const [, shown = ''] = /^```yaml\n([^`]*)```/m.exec(page) ?? [];
    expect(validateDag(dagSpecSchema.parse({ name: 'd', ...parse(shown) }))).toEqual([]);
  });

  test('says what each of its fields means', () => {
    const silent: string[] = [];
    const walk = (at: unknown, path: string): void => {
      if (typeof at !== 'object' || at === null) return;
      for (const [name, field] of Object.entries((at as { properties?: object }).properties ?? {})) {
        const { description, $ref } = field as { description?: string; $ref?: string };
        if (description === undefined && $ref === undefined) silent.push(`${path}/${name}`);
      }
      for (const [key, member] of Object.entries(at)) walk(member, `${path}/${key}`);
    };
    walk(z.toJSONSchema(dagSpecSchema, { io: 'input' }), '');
    expect(silent).toEqual([]);
  });

  test.each([
    ['every kind of node', { w: { wait: { signal: 'go' } }, t: { wait: { time: '10m' } }, ok: { wait: { approval: {}, timeout: '1d' } } }],
    ['a DAG as a node', { s: { dag: { ref: 'other@3', params: { day: '${{ params.day }}' } } } }],
    ['a mapReduce', { m: { job, mapReduce: { item: '${{ outputs.list.files }}', limit: 10, reduce: { ref: 'sum' } } } }],
    ['a broadcast', { b: { job: { ...job, workers: 'edge' }, broadcast: { final: job } } }],
    ['what is asked of a need', { a: { job }, b: { job, join: 'any', needs: { a: { on: ['failure', 'skipped'] } } } }],
    [
      'a job of its own workflow, with a policy of its own',
      { a: { isolate: true, job: { ...job, retry: { attempts: 3 }, timeouts: { run: '1h' } } } },
    ],
    ['a change to a stored job', { a: { job: { ref: 'load', with: { env: { DAY: '${{ params.day }}' } } }, labels: { team: 'x' } } }],
  ] as const)('takes %s', (_, nodes) => expect(takes(dag(nodes))).toBe(true));

  test.each([
    ['a job without a type', { a: { job: { config: {} } } }],
    ['a field that it does not know', { a: { job, need: ['b'] } }],
    ['a need of a name that nothing can have', { a: { job, needs: ['A b'] } }],
    ['an empty list of ends', { a: { job }, b: { job, needs: { a: { on: [] } } } }],
    ['a rule of waits that it does not know', { a: { wait: { dag: 'x', rule: 'most' } } }],
    ['a window that means nothing', { a: { wait: { dag: 'x', window: 'd(1' } } }],
    ['a wait for nothing', { a: { wait: {} } }],
    ['a name that no workflow can have', { A_b: { job } }],
  ])('refuses %s', (_, nodes) => expect(takes(dag(nodes))).toBe(false));

  test.each([
    ['nodes', MAX_NODES, (n: number) => dag(many(n, () => ({})))],
    ['needs', MAX_NEEDS, (n: number) => dag({ a: { job, needs: Object.keys(many(n, () => 0)) } })],
    ['needs as a map', MAX_NEEDS, (n: number) => dag({ a: { job, needs: many(n, () => ({})) } })],
    ['items', MAX_ITEMS, (n: number) => dag({ a: { job, foreach: { item: Array(n).fill(1) } } })],
    ['parameters', 100, (n: number) => dag({ a: { job } }, { parameters: many(n, () => ({ type: 'int' })) })],
  ] as const)('has at most so many %s: %i', (_, most, spec) => {
    expect([takes(spec(most)), takes(spec(most + 1))]).toEqual([true, false]);
  });
});

describe('a mistake', () => {
  test.each<[string, DagSpecInput['nodes'], object, string]>([
    [
      'a need that is not there',
      { extract: { job }, load: { job, needs: ['extrat'] } },
      {},
      '/nodes/load/needs/0: is not a node of this DAG; did you mean "extract"?',
    ],
    ['a need by map that is not there', { a: { job, needs: { nowhere: {} } } }, {}, '/nodes/a/needs/nowhere: is not a node of this DAG'],
    ['a need of itself', { a: { job, needs: ['a'] } }, {}, '/nodes/a/needs/0: must not be the node itself'],
    ['a need that is there twice', { a: { job }, b: { job, needs: ['a', 'a'] } }, {}, '/nodes/b/needs/1: is there twice'],
    [
      'a cycle',
      { a: { job, needs: ['c'] }, b: { job, needs: ['a'] }, c: { job, needs: ['b'] }, d: { job, needs: ['a'] } },
      {},
      '/nodes/a/needs: is a cycle, each needs the next: a → c → b → a',
    ],
    ['nothing to do', { a: {} }, {}, '/nodes/a: must have one of job, dag, foreach, mapReduce, broadcast and wait'],
    ['two things to do', { a: { wait: { signal: 'x' }, dag: { ref: 'b' } } }, {}, '/nodes/a: must have only one of dag and wait'],
    ['a wait with a job', { a: { job, wait: { signal: 'x' } } }, {}, '/nodes/a/job: must not be there beside wait: give the job a node of its own'],
    ['items without a job', { a: { foreach: { item: [1] } } }, {}, '/nodes/a/job: is required: what foreach runs'],
    ['a workflow of its own for items', { a: { job, isolate: true, foreach: { item: [1] } } }, {}, '/nodes/a/isolate: is only for nodes of kind job'],
    ['a reserved name', { in: { job } }, {}, '/nodes/in: is a reserved word of expressions'],
    ['a reserved parameter', { a: { job } }, { parameters: { true: { type: 'bool' } } }, '/parameters/true: is a reserved word of expressions'],
    ['no node', {}, {}, '/nodes: must have at least one node'],
    [
      'an end asked of what may end as it likes',
      { a: { job }, b: { job, needs: { a: { on: 'done', required: false } } } },
      {},
      '/nodes/b/needs/a/on: says nothing beside required: false, which lets that node end as it likes',
    ],
    [
      'a node that can never start',
      { a: { job }, b: { job, needs: { a: { on: 'failure' } } } },
      { failure: 'drain' },
      '/nodes/b/needs: never starts: with failure: drain nothing does after the failure of a key node; write failure: finish, or onFailure: ignore in the needed node',
    ],
    [
      'a default of another type',
      { a: { job } },
      { parameters: { day: { type: 'date', default: 'yesterday' } } },
      '/parameters/day/default: must be of type date, or an expression',
    ],
  ])('%s is said with its place', (_, nodes, more, mistake) => expect(mistakes(nodes, more)).toEqual([mistake]));

  test.each([
    ['int', 5, 5.5],
    ['float', 5.5, '5.5'],
    ['bool', true, 'true'],
    ['string', '', 0],
    ['date', '2026-02-28', '2026-02-30'],
  ])('a default of type %s', (type, right, wrong) => {
    const found = [right, '${{ params.other }}', wrong].map(
      (value) => mistakes({ a: { job } }, { parameters: { p: { type, default: value } } }).length,
    );
    expect(found).toEqual([0, 0, 1]);
  });

  test('of which there are many is said 20 times', () => {
    expect(mistakes(many(1000, () => ({ job, needs: ['nowhere'] })))).toHaveLength(20);
  });

  test('in the needs of a failure is none where that failure is ignored, or another end will do', () => {
    const nodes: DagSpecInput['nodes'] = {
      a: { job, onFailure: 'ignore' },
      k: { job },
      b: { job, needs: { a: { on: 'failure' } } },
      c: { job, join: 'any', needs: { k: { on: 'failure' }, a: {} } },
    };
    expect(mistakes(nodes, { failure: 'stop' })).toEqual([]);
  });

  test('is found in the longest chain, and a long cycle is told in short', () => {
    const chain = many(MAX_NODES, (i) => ({ job, needs: [`n${(i + 1) % MAX_NODES}`] }));
    expect(mistakes(chain)).toEqual([
      '/nodes/n0/needs: is a cycle, each needs the next: n0 → n1 → n2 → n3 → n4 → n5 → n6 → n7 → n8 → n9 → … 9990 more … → n0',
    ]);
    expect(findCycle(new Map(Object.entries(chain).map(([name, node]) => [name, name === 'n9999' ? [] : node.needs])))).toBeUndefined();
  });
});

describe('the plan', () => {
  test('has indices for names, edges both ways, and nothing that has its default', () => {
    const spec = dagSpecSchema.parse(
      dag(
        {
          a: { wait: { approval: {} } },
          b: { job, needs: ['a'], when: 'true', onFailure: 'ignore', disabled: true },
          c: { job, isolate: true, join: 'any', needs: { a: { on: 'done' }, b: { required: false } } },
          d: { job, needs: { c: { on: ['failure', 'success'] } } },
        },
        { maxParallel: 4 },
      ),
    );
    expect(compileDag(spec)).toEqual({
      failure: 'finish',
      maxParallel: 4,
      nodes: [
        { name: 'a', kind: 'wait', approval: true, feeds: [1, 2] },
        { name: 'b', kind: 'job', needs: [0], when: 'true', ignore: true, disabled: true, feeds: [2] },
        { name: 'c', kind: 'job', needs: [0, 1], on: [ON.done, 0], any: true, isolate: true, feeds: [3] },
        { name: 'd', kind: 'job', needs: [2], on: [SUCCESS | FAILURE] },
      ],
    });
  });

  test('knows kinds', () => {
    const nodes = {
      a: { job },
      b: { dag: { ref: 'x' } },
      c: { job, foreach: { item: [1] } },
      d: { job, mapReduce: { item: [1], reduce: job } },
      e: { job, broadcast: {} },
      f: { wait: { time: '1m' } },
    };
    const plan = compileDag(dagSpecSchema.parse(dag(nodes)));
    expect(plan.nodes.map(({ kind }) => kind)).toEqual(['job', 'dag', 'foreach', 'mapReduce', 'broadcast', 'wait']);
  });
});

test('the job of a node is completed by the DAG, then by the defaults of jobs', () => {
  const { defaults } = dagSpecSchema.parse(dag({}, { defaults: { cluster: 'yarn', env: { A: '1', B: '1' }, retry: { attempts: 2 } } }));
  const spec = inlineJob({ defaults }, 'load', { ...job, env: { B: '2' }, priority: 1 });
  expect(jobSpecSchema.parse(spec)).toMatchObject({
    name: 'load',
    type: 'shell',
    cluster: 'yarn',
    env: { A: '1', B: '2' },
    priority: 1,
    retry: { attempts: 2 },
    queue: 'default',
  });
});
