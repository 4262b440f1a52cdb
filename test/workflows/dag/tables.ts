// The truth tables of docs/dags.md, read off the machine: `node test/workflows/dag/tables.ts` writes them into the page. A test fails when
// the page is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { table } from '../../../src/api/markdown.ts';
import { FAILURE, FAILURE_MODES, SKIPPED, SUCCESS } from '../../../src/specs/dag.ts';
import { PHASES, type Phase } from '../../../src/workflows/dag/dag.state.ts';
import { AIRFLOW, words } from './airflow.ts';
import { Run, type Node, type Nodes } from './run.ts';

const PAGE = new URL('../../../docs/dags.md', import.meta.url);

/** The page with its tables replaced: each stands between `<!-- NAME -->` and `<!-- end -->`. */
export function written(page: string, made: Readonly<Record<string, string>>): string {
  return Object.entries(made).reduce((text, [name, rows]) => {
    const begin = `<!-- ${name} -->\n`;
    const from = text.indexOf(begin) + begin.length;
    const to = text.indexOf('<!-- end -->', from);
    if (from < begin.length || to < 0) throw new Error(`docs/dags.md has no place for the table "${name}"`);
    return `${text.slice(0, from)}\n${rows}\n${text.slice(to)}`;
  }, page);
}

export const tables = (): Record<string, string> => ({
  ends: ends(),
  needs: needs(),
  joins: joins(),
  turn: turn(),
  failures: failures(),
  airflow: airflow(),
});

const countsOf = (bits: number): string =>
  [bits & SUCCESS && 'success', bits & FAILURE && 'failure', bits & SKIPPED && 'skipped'].filter(Boolean).join(' and ') || 'nothing';

function ends(): string {
  const rows = Object.values(PHASES).flatMap(({ status, end, counts, meaning }) => (end ? [[`\`${status}\``, meaning, countsOf(counts)]] : []));
  return table(['status', 'because', 'counts as'], rows);
}

/** What became of a node, in a word; a node that is skipped also says what it counts as. */
function said(phase: Phase): string {
  const row = PHASES[phase];
  if (phase === 'live' || phase === 'asked') return 'runs';
  if (!row.end) return 'waits';
  return row.status === 'SKIPPED' ? `SKIPPED, ${countsOf(row.counts)}` : row.status;
}

interface Source {
  readonly node: Node;
  readonly end: (run: Run, name: string) => unknown;
}
/** How a needed node can end, by what it counts as. */
const SOURCES = {
  success: { node: {}, end: (run, name) => run.end(name) },
  failure: { node: {}, end: (run, name) => run.end(name, 'FAILED') },
  'ignored failure': { node: { onFailure: 'ignore' }, end: (run, name) => run.end(name, 'FAILED') },
  skipped: { node: { when: 'false' }, end: (run, name) => run.answer(name, false) },
  kill: { node: {}, end: (run, name) => run.end(name, 'KILLED') },
} as const satisfies Record<string, Source>;

function needs(): string {
  const asked: [string, NonNullable<Node['needs']>][] = [
    ['`on: success` (default)', { a: {} }],
    ['`on: failure`', { a: { on: 'failure' } }],
    ['`on: skipped`', { a: { on: 'skipped' } }],
    ['`on: [success, failure]`', { a: { on: ['success', 'failure'] } }],
    ['`on: [success, skipped]`', { a: { on: ['success', 'skipped'] } }],
    ['`on: [failure, skipped]`', { a: { on: ['failure', 'skipped'] } }],
    ['`on: done`', { a: { on: 'done' } }],
    ['`required: false`', { a: { required: false } }],
  ];
  const sources: readonly Source[] = Object.values(SOURCES);
  const rows = asked.map(([words, needs]) => [
    words,
    ...sources.map(({ node, end }) => {
      const run = new Run({ a: node, x: { needs } });
      end(run, 'a');
      return said(run.phase('x'));
    }),
  ]);
  return table(['the need', ...Object.keys(SOURCES)], rows);
}

function joins(): string {
  const states = { met: 'success', open: undefined, 'unmet, failure': 'failure', 'unmet, kill': 'kill', 'unmet, skipped': 'skipped' } as const;
  const names = Object.keys(states) as (keyof typeof states)[];
  const rows = names.flatMap((a, index) =>
    names.slice(index).map((b) => [
      a,
      b,
      ...(['all', 'any'] as const).map((join) => {
        const ends = [states[a], states[b]];
        const [first, second] = ends.map((end): Node => (end === undefined ? {} : SOURCES[end].node));
        const run = new Run({ a: first!, b: second!, x: { needs: ['a', 'b'], join } });
        ends.forEach((end, i) => end !== undefined && SOURCES[end].end(run, i === 0 ? 'a' : 'b'));
        return said(run.phase('x'));
      }),
    ]),
  );
  return table(['one need', 'the other', '`join: all`', '`join: any`'], rows);
}

function turn(): string {
  const cases: [string, string, string, Node, boolean | 'error' | undefined][] = [
    ['let it run', 'no', 'none, or true', { when: 'true' }, true],
    ['let it run', 'no', 'false', { when: 'false' }, false],
    ['let it run', 'no', 'cannot be evaluated', { when: '1 / 0' }, 'error'],
    ['let it run', 'yes', 'any: it is not asked', { when: 'false', disabled: true }, undefined],
    ['are not met', 'no or yes', 'any: it is not asked', { when: 'false', disabled: true, needs: { a: { on: 'failure' } } }, undefined],
  ];
  const rows = cases.map(([needs, disabled, when, node, answer]) => {
    const run = new Run({ a: {}, x: { needs: ['a'], ...node } }).end('a');
    if (answer !== undefined) run.answer('x', answer);
    return [needs, disabled, when, said(run.phase('x'))];
  });
  const marked = new Run({ a: {}, x: { needs: ['a'], when: 'true' } }).mark('x', 'skipped');
  return table(['its needs', 'disabled', '`when`', 'the node'], [...rows, ['open or not', 'no or yes', 'skipped by hand', said(marked.phase('x'))]]);
}

function airflow(): string {
  const rows = Object.entries(AIRFLOW).map(([rule, here]) => [`\`${rule}\``, words(here)]);
  return table(['`trigger_rule`', 'of a task after `a` and `b`'], rows);
}

function failures(): string {
  const { failure: fails, kill } = SOURCES;
  const causes: [string, Node, Source][] = [
    ['a key node fails', {}, fails],
    ['a node with `onFailure: ignore` fails', { onFailure: 'ignore' }, fails],
    ['a node is killed by hand', {}, kill],
  ];
  const rows = FAILURE_MODES.flatMap((failure) =>
    causes.map(([cause, node, source]) => {
      const nodes: Nodes = {
        a: node,
        running: {},
        waiting: { needs: ['running'] },
        next: { needs: ['a'] },
        // Not failure alone: with stop and drain that is refused, because it never starts.
        handler: { needs: { a: { on: ['failure', 'skipped'] } } },
      };
      const run = new Run(nodes, { failure });
      source.end(run, 'a');
      const now = run.phases;
      const stopped = now['running'] === 'stopping';
      run
        .end('running', stopped ? 'KILLED' : 'SUCCEED')
        .end('next')
        .end('handler')
        .end('waiting');
      const others = now['waiting'] === 'dropped' ? 'SKIPPED' : 'run in their turn';
      return [`\`${failure}\``, cause, stopped ? 'are stopped' : 'go on', others, said(now['next']!), said(now['handler']!), run.state.outcome!];
    }),
  );
  return table(
    ['`failure`', 'what happens', 'those that run', 'those that do not need it', 'needs its success', 'needs its failure', 'the run'],
    rows,
  );
}

if (import.meta.main) writeFileSync(PAGE, written(readFileSync(PAGE, 'utf8'), tables()));
