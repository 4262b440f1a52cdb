// The tables and pages of runs that people see, in one place, so that the same thing looks the same in every command.
import { formatDuration } from '../specs/units.ts';
import type {
  GraphView,
  ItemView,
  NodeSummary,
  NodeView,
  RerunPlanView,
  RunEventView,
  RunOutputView,
  RunSummary,
  RunView,
  TimelineView,
} from '../specs/run-views.schema.ts';
import type { Column, Output } from './output.ts';
import { ago, attemptPage, fields, lasted } from './pages.ts';
import { nodeLine, runLine } from './run.ts';
import { treeLines, treeOf } from './run-tree.ts';
import { oneLine, paint, paintNode, paintStatus } from './text.ts';

export const runColumns = (out: Output): Column<RunSummary>[] => [
  { title: 'ID', value: (run) => run.id },
  { title: 'DAG', value: (run) => (run.version === undefined ? run.dag : `${run.dag}@${run.version}`) },
  { title: 'STATUS', value: (run) => run.outcome ?? run.status, paint: (_, run) => runLine(out.color, { ...run, reason: undefined }) },
  { title: 'CYCLE', value: (run) => run.cycle?.planned },
  { title: 'CREATED', value: (run) => (out.terminal ? ago(run.createdAt) : run.createdAt) },
  { title: 'TOOK', value: (run) => lasted(run.createdAt, run.endedAt) },
  { title: 'REASON', value: (run) => run.reason },
];

export const nodeColumns = (out: Output): Column<NodeSummary>[] => [
  { title: 'NODE', value: (node) => node.name },
  { title: 'KIND', value: (node) => node.kind },
  { title: 'STATUS', value: (node) => node.status, paint: (_, node) => paintNode(out.color, node.status) },
  { title: 'TRY', value: (node) => (node.attempt === 0 ? undefined : node.attempt) },
  { title: 'ITEMS', value: itemsOf },
  { title: 'JOB', value: (node) => node.jobId ?? node.childRun },
  { title: 'TOOK', value: (node) => (node.startedAt === undefined ? undefined : lasted(node.startedAt, node.endedAt)) },
  { title: 'REASON', value: (node) => node.reason },
];

function itemsOf({ items }: NodeSummary): string | undefined {
  if (items === undefined) return undefined;
  const counts = Object.entries(items.statuses).map(([status, count]) => `${count} ${status}`);
  return [...(items.total === undefined ? [] : [`of ${items.total}`]), ...counts].join(', ');
}

export const runEventColumns = (out: Output): Column<RunEventView>[] => [
  { title: 'SEQ', value: (event) => event.seq },
  { title: 'AT', value: (event) => event.at },
  {
    title: 'STATUS',
    value: (event) => event.outcome ?? event.status,
    paint: (_, event) => runLine(out.color, { ...event, reason: undefined, paused: false }),
  },
  { title: 'EVENT', value: (event) => event.type },
  { title: 'NODES', value: (event) => event.nodes.map(({ node, status }) => `${node} ${status}`).join(', ') },
  { title: 'REASON', value: (event) => event.reason },
];

export const runOutputColumns: Column<RunOutputView>[] = [
  { title: 'NODE', value: ({ node, item }) => (item === undefined ? node : `${node}/${item}`) },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'FILE', value: ({ file }) => file },
  { title: 'SIZE', value: ({ size }) => size },
  { title: 'VALUE', value: ({ value }) => (value === undefined ? undefined : JSON.stringify(value)) },
  { title: 'JOB', value: ({ jobId }) => jobId },
];

const paramsLine = (params: RunView['params']): string | undefined =>
  Object.entries(params)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ') || undefined;

/** The page of a run: how it stands and why, its nodes, and how to go on. */
export function runPage(out: Output, run: RunView, graph: GraphView, { criticalPath }: Pick<TimelineView, 'criticalPath'>): string {
  const { killRequested: kill, cycle } = run;
  const head = fields([
    ['Run', run.id],
    ['Dag', run.version === undefined ? run.dag : `${run.dag}@${run.version}`],
    ['Status', runLine(out.color, { ...run, reason: undefined })],
    ['Reason', run.reason],
    ['App', run.app],
    ['Parameters', paramsLine(run.params)],
    ['Cycle', cycle && `${cycle.planned} (${cycle.zone}), data of ${cycle.dataDate}`],
    ['Request id', run.requestId],
    ['Part of', run.parent && `${run.parent.workflowId} node ${run.parent.node}`],
    ['Created', `${run.createdAt} by ${run.createdBy}`],
    ['Started', run.startedAt],
    ['Ended', run.endedAt && `${run.endedAt} after ${lasted(run.startedAt ?? run.createdAt, run.endedAt)}`],
    ['Kill', kill && `requested ${kill.at} by ${kill.by}${kill.reason === undefined ? '' : `: ${kill.reason}`}`],
    [
      'Nodes',
      Object.entries(run.nodes)
        .map(([status, count]) => `${count} ${status}`)
        .join(', '),
    ],
    [
      'Critical path',
      criticalPath.nodes.length < 2
        ? undefined
        : criticalPath.nodes.map(({ name, seconds }) => `${name} ${formatDuration(Math.round(seconds * 1_000))}`).join(' → '),
    ],
    ['Workflow', run.workflowId],
  ]);
  return `${head}\n${graphText(out, graph)}${advice(run, graph.nodes)}`;
}

/** The tree of its nodes. */
export function graphText(out: Output, graph: GraphView): string {
  const states = new Map(graph.nodes.map((node) => [node.name, node]));
  return treeLines(out.color, treeOf(graph), states)
    .map((line) => `${line}\n`)
    .join('');
}

/** What a person may want to do next. */
function advice({ id, status, outcome }: RunView, nodes: readonly NodeSummary[]): string {
  const failed = nodes.find((node) => node.status === 'FAILED' || node.status === 'START_FAILED');
  const lost = nodes.find((node) => node.status === 'UNKNOWN');
  const wait = nodes.find((node) => node.kind === 'wait' && node.status === 'RUNNING');
  const lines = [
    ...(wait === undefined ? [] : [`what ${wait.name} waits for   longshore describe ${id} ${wait.name}`]),
    ...(failed?.jobId === undefined ? [] : [`what ${failed.name} said   longshore logs ${id} ${failed.name} --stream stderr`]),
    ...(lost?.jobId === undefined ? [] : [`decide ${lost.name}   longshore resolve ${lost.jobId} --as …`]),
    ...(status === 'FINISH' && outcome !== 'SUCCEED' ? [`again   longshore rerun ${id} --failed -f`] : []),
    ...(status === 'FINISH' ? [`what it gave   longshore result ${id}`] : [`follow   longshore wait ${id}`, `stop it   longshore kill ${id}`]),
  ];
  return `\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** Items in their order, the job after them last. */
const place = (item: ItemView['item']): number => (item === 'final' ? Infinity : item);

/** The page of a node: why it is as it is, its attempts or its items. */
export function nodePage(out: Output, runId: string, node: NodeView): string {
  const head = fields([
    ['Node', node.name],
    ['Run', runId],
    ['Kind', node.kind],
    ['Status', nodeLine(out.color, { ...node, reason: undefined })],
    ['Reason', node.reason],
    ['Code', node.code],
    ['Needs', node.needs.join(', ') || undefined],
    ['Needed by', node.feeds.join(', ') || undefined],
    ['When', typeof node.spec['when'] === 'string' ? node.spec['when'] : undefined],
    ['Job', node.jobId],
    ['Child run', node.childRun],
    ['Items', itemsOf(node)],
    ['Started', node.startedAt],
    ['Ended', node.endedAt && `${node.endedAt} after ${lasted(node.startedAt ?? node.endedAt, node.endedAt)}`],
  ]);
  const answer = node.status === 'RUNNING' ? answerTo(runId, node) : undefined;
  const inOrder = node.jobs.toSorted((a, b) => place(a.item) - place(b.item));
  const items = inOrder.map(
    (item) => `  ${node.name}/${item.item}  ${paintStatus(out.color, item.status)}${item.reason === undefined ? '' : `  ${oneLine(item.reason)}`}\n`,
  );
  return `${head}${answer === undefined ? '' : `\n  ${answer}\n`}${items.length === 0 ? '' : `\n${items.join('')}`}${node.attempts.map((attempt) => attemptPage(out, attempt)).join('')}`;
}

/** The command that ends a wait for a person. */
function answerTo(runId: string, { name, spec }: NodeView): string | undefined {
  const { approval, signal } = (spec['wait'] ?? {}) as { approval?: object; signal?: string };
  if (approval !== undefined) return `say yes   longshore approve ${runId} ${name}\n  say no   longshore approve ${runId} ${name} --no --reason …`;
  return signal === undefined ? undefined : `send it   longshore signal ${runId} ${signal}`;
}

/** What a rerun would do, node by node, and run by run. */
export function rerunPage(out: Output, plan: RerunPlanView): string {
  const part = (title: string, nodes: RerunPlanView['again'], indent = ''): string =>
    nodes.length === 0
      ? ''
      : `${indent}${paint(out.color, 'bold', title)}\n${nodes
          .map(
            ({ name, status, attempt, items }) =>
              `${indent}  ${oneLine(name)}  ${paintNode(out.color, status)}, attempt ${attempt}${items === undefined ? '' : `, ${items} items`}\n`,
          )
          .join('')}`;
  const parts = ({ again, stopped, anew }: Pick<RerunPlanView, 'again' | 'stopped' | 'anew'>, indent?: string): string =>
    [
      part('Runs again', again, indent),
      part('Is stopped first, then runs again', stopped, indent),
      part('Was not run, and is decided anew', anew, indent),
    ].join('');
  const removed =
    plan.removed.length === 0
      ? ''
      : `${paint(out.color, 'bold', 'No longer in this version')}\n${plan.removed.map((name) => `  ${oneLine(name)}\n`).join('')}`;
  const across = (plan.across ?? []).map(
    (one) => `Then run ${one.runId} of ${oneLine(one.dag)}, ${one.cycle}, from ${one.nodes.join(', ')}\n${parts(one, '  ')}`,
  );
  const none = plan.across?.length === 0 ? 'No other run has waited for these nodes.\n' : '';
  return [parts(plan), removed, ...across, none, 'Nothing was done.\n'].join('');
}
