// What is said of a DAG when it is saved: each mistake at its place, in words.
import { expect, test } from 'vitest';
import { mistakes } from './scene.ts';

const shell = (inline: string, more: object = {}) => ({ type: 'shell', config: { script: { inline } }, ...more });
const load = {
  type: 'python',
  config: { script: './load.py', args: ['${{ params.day }}'] },
  outputs: { rows: { type: 'int' as const }, table: { file: 't.csv' } },
};
const parameters = { day: { type: 'date' as const }, limit: { type: 'int' as const, default: 3 } };

test('a DAG that is right has no mistakes', () => {
  const dag = {
    parameters: { ...parameters, from: { type: 'string' as const, default: '${{ addDays(params.day, -7) }}' } },
    defaults: { env: { DAY: '${{ params.day }}' } },
    nodes: {
      load: { job: load },
      each: {
        needs: ['load'],
        foreach: { item: '${{ outputs.load.rows > 0 ? ["a", "b"] : [] }}' },
        job: shell('echo ${{ item }} ${{ index }}', { outputs: { n: { type: 'int' as const } } }),
      },
      sum: {
        needs: ['each'],
        when: 'outputs.each.all(o, o.n > 0)',
        job: { type: 'builtin', config: { module: './sum.ts', params: { list: '${{ outputs.each }}', table: '${{ outputs.load.table.sha256 }}' } } },
      },
      later: { needs: ['sum'], wait: { time: '${{ cycle.planned }}' } },
    },
  };
  expect(mistakes(dag)).toEqual([]);
});

test('a wrong name is told with its place and what was meant', () => {
  expect(mistakes({ parameters, nodes: { load: { when: 'params.dya == "x"', job: load } } })).toEqual([
    expect.stringMatching(/^\/nodes\/load\/when: .*"dya".*day.*\(line 1, column \d+\)$/),
  ]);
  expect(
    mistakes({ parameters, nodes: { load: { job: load }, next: { needs: ['load'], job: shell('echo\necho ${{ outputs.load.row }}') } } }),
  ).toEqual([expect.stringMatching(/^\/nodes\/next\/job\/config\/script\/inline: .*"row".*rows.*\(line 2, column \d+\)$/)]);
});

test('a node may read only what runs before it', () => {
  expect(mistakes({ parameters, nodes: { load: { job: load }, other: { job: shell('echo ${{ outputs.load.rows }}') } } })).toEqual([
    expect.stringContaining('add it to needs'),
  ]);
});

test('an item is there inside its own jobs only, and the job after them reads their outputs', () => {
  const items = { item: ['a', 'b'] };
  const counts = shell('echo ${{ item }}', { outputs: { n: { type: 'int' as const } } });
  const reduced = (inline: string) => ({ nodes: { count: { mapReduce: { ...items, reduce: shell(inline) }, job: counts } } });
  expect(mistakes(reduced('echo ${{ size(outputs.count) }}'))).toEqual([]);
  expect(mistakes(reduced('echo ${{ item }}'))).toEqual([
    expect.stringMatching(/^\/nodes\/count\/mapReduce\/reduce\/config\/script\/inline: item is there inside/),
  ]);
  expect(mistakes({ nodes: { a: { when: 'item == "a"', foreach: items, job: counts } } })).toEqual([
    expect.stringMatching(/^\/nodes\/a\/when: item is there/),
  ]);
});

test('after a mapReduce its outputs are those of the job after its items', () => {
  const reduce = shell('true', { outputs: { total: { type: 'int' as const } } });
  const dag = (when: string) => ({
    nodes: { count: { mapReduce: { item: [1, 2], reduce }, job: shell('true') }, next: { needs: ['count'], when, job: shell('true') } },
  });
  expect(mistakes(dag('outputs.count.total > 3'))).toEqual([]);
  expect(mistakes(dag('outputs.count.n > 3'))).toEqual([expect.stringMatching(/"n"/)]);
});

const at = (job: object) => mistakes({ parameters, nodes: { a: { job: { ...shell('true'), ...job } } } });

test('what decides what may run takes no expressions', () => {
  // The schemas refuse names first.
  expect(() => at({ cluster: '${{ params.day }}' })).toThrow('must be 1 to 63');
  expect(at({ webhook: { url: 'https://example.org/${{ params.day }}' } })).toEqual([
    expect.stringMatching(/^\/nodes\/a\/job\/webhook\/url: takes no expressions/),
  ]);
  expect(at({ config: { script: './${{ params.day }}.sh' } })).toEqual([
    expect.stringMatching(/^\/nodes\/a\/job\/config\/script: takes no expressions/),
  ]);
  expect(at({ config: { command: ['${{ params.day }}', '${{ params.day }}'] } })).toEqual([
    expect.stringMatching(/^\/nodes\/a\/job\/config\/command\/0: takes no expressions/),
  ]);
});

test('a script of another language takes no expressions, its arguments do', () => {
  const run = (interpreter: string, inline: string) =>
    mistakes({ parameters, nodes: { a: { job: { type: 'shell', config: { interpreter, script: { inline }, args: ['${{ params.day }}'] } } } } });
  expect(run('/usr/bin/bash', 'day=${{ params.day }}')).toEqual([]);
  expect(run('perl', 'print ${{ params.day }}')).toEqual([expect.stringMatching(/script\/inline: takes no expressions/)]);
  expect(mistakes({ parameters, nodes: { a: { job: { type: 'python', config: { script: { inline: 'print(${{ params.day }})' } } } } } })).toEqual([
    expect.stringMatching(/script\/inline: takes no expressions/),
  ]);
});

const spark = (config: object) => mistakes({ parameters, nodes: { a: { job: { type: 'spark', cluster: 'yarn', config: config as never } } } });

test('statements of Spark take literals, its programs nothing', () => {
  expect(spark({ runType: 'sql', text: 'SELECT ${{ params.day }}' })).toEqual([]);
  expect(spark({ runType: 'sql', text: "SELECT '${{ params.day }}'" })).toEqual([expect.stringMatching(/config\/text: /)]);
  expect(spark({ runType: 'sql', mainFile: { inline: 'SELECT ${{ params.day }}', name: 'a.sql' } })).toEqual([]);
  expect(spark({ runType: 'py', text: 'x = ${{ params.day }}' })).toEqual([expect.stringMatching(/config\/text: takes no expressions/)]);
  expect(spark({ runType: 'py', text: 'x = 1', conf: { 'spark.a': '${{ params.day }}' }, numExecutors: '${{ params.limit }}' })).toEqual([]);
});

test('values that are computed are left out of the check, all others are not', () => {
  expect(mistakes({ parameters, nodes: { a: { job: { ...shell('true'), timeouts: { run: '5m' } } } } })).toEqual([]);
  expect(mistakes({ parameters, nodes: { a: { job: { type: 'shell', config: { script: 7 } } } } })).toEqual([
    expect.stringMatching(/^\/nodes\/a\/job\/config\/script: /),
  ]);
  expect(mistakes({ parameters, nodes: { a: { job: { type: 'shell', config: { scirpt: './a.sh' } } } } })[0]).toMatch(/did you mean|is required/);
});

test('a mistake in the defaults is said once, where it stands', () => {
  const nodes = { a: { job: shell('true') }, b: { job: shell('true') } };
  expect(mistakes({ defaults: { env: { X: '${{ params.nothing }}' } }, nodes })).toEqual([expect.stringMatching(/^\/defaults\/env\/X: /)]);
});

test('items, times and defaults are checked', () => {
  const each = (item: unknown) => mistakes({ parameters, nodes: { a: { foreach: { item: item as never }, job: shell('true') } } });
  expect(each('outputs.list')).toEqual([expect.stringMatching(/^\/nodes\/a\/foreach\/item: must be a list, or one expression/)]);
  expect(each('${{ params.limit }}')).toEqual([expect.stringMatching(/^\/nodes\/a\/foreach\/item: gives int, and list is needed here/)]);
  expect(each(['x', '${{ params.day }}'])).toEqual([]);
  expect(mistakes({ nodes: { a: { wait: { time: 'soon' } } } })).toEqual([expect.stringMatching(/^\/nodes\/a\/wait\/time: must be a duration/)]);
  expect(
    mistakes({
      parameters: { a: { type: 'string', default: '${{ params.b }}' }, b: { type: 'string', default: 'x' } },
      nodes: { x: { job: shell('true') } },
    }),
  ).toEqual([expect.stringMatching(/^\/parameters\/a\/default: .*"b"/)]);
});

test('a stored job is as it is, and `with` gives it values', () => {
  const jobs = {
    'load@2': { name: 'load', type: 'shell', config: { script: { inline: 'echo ${{ what }}' } }, outputs: { rows: { type: 'int' as const } } },
  };
  const next = { needs: ['a'], when: 'outputs.a.rows > 1', job: shell('true') };
  expect(mistakes({ parameters, nodes: { a: { job: { ref: 'load@2', with: { env: { DAY: '${{ params.day }}' } } } }, next } }, { jobs })).toEqual([]);
  expect(mistakes({ nodes: { a: { job: { ref: 'load@2', with: { env: { DAY: '${{ params.day }}' } } } } } }, { jobs })).toEqual([
    expect.stringMatching(/^\/nodes\/a\/job\/with\/env\/DAY: there/),
  ]);
  expect(mistakes({ nodes: { a: { job: { ref: 'load@2' } }, next: { ...next, when: 'outputs.a.row > 1' } } }, { jobs })).toEqual([
    expect.stringMatching(/"row".*rows/),
  ]);
});

const run = (params: Record<string, string | number>) =>
  mistakes({ parameters, nodes: { a: { dag: { ref: 'child', params } } } }, { dags: { child: parameters } });

test('what a DAG within a DAG is given is checked by its parameters', () => {
  expect(run({ day: '${{ params.day }}' })).toEqual([]);
  expect(run({ dya: '2026-01-01' })).toEqual([
    '/nodes/a/dag/params/dya: is not a parameter of the DAG; did you mean "day"?',
    '/nodes/a/dag/params/day: is required, of type date: the parameter has no default',
  ]);
  expect(run({ day: '2026-13-01' })).toEqual(['/nodes/a/dag/params/day: must be of type date']);
});
