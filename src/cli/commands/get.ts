// `get`: what there is, of every kind.
import { Argument, type Command } from 'commander';
import { action, examples, type Context } from '../context.ts';
import { RUN_OUTCOMES } from '../../specs/dag.ts';
import { listJobs, listOptions, timeOf, type ListOptions } from './list.ts';

/** Words for what `get` shows, singular and plural alike. */
const WHAT = ['jobs', 'runs', 'nodes', 'definitions', 'dags', 'clusters', 'apps', 'workers', 'queues', 'dead-letters'] as const;
type What = (typeof WHAT)[number];
const SINGULAR = {
  job: 'jobs',
  run: 'runs',
  node: 'nodes',
  definition: 'definitions',
  dag: 'dags',
  cluster: 'clusters',
  app: 'apps',
  worker: 'workers',
  queue: 'queues',
  'dead-letter': 'dead-letters',
} as const;

export const get = (program: Command): Command =>
  listOptions(
    program
      .command('get')
      .description(
        'Show jobs, runs, nodes of a run, definitions, DAGs, clusters, apps, workers, queues or dead letters of webhooks; with a name, one of them whole',
      )
      .addArgument(new Argument('<what>', 'what to show').choices([...WHAT, ...Object.keys(SINGULAR)]))
      .argument('[name]', 'a job id, a run id (of nodes: whose they are), or the name of a definition or Dag (name or name@version), cluster or app'),
  )
    .option('--dag <dag>', 'runs of this DAG')
    .option('--outcome <outcome,…>', `ended runs: one or more of ${RUN_OUTCOMES.join(', ')}`)
    .option('--cycle-from <time>', 'runs of this cycle or a later one')
    .option('--cycle-until <time>', 'runs of this cycle or an earlier one')
    .addHelpText(
      'after',
      `\nThe filters are for jobs; of runs there are --dag, --status, --outcome, --since, --cycle-from and --cycle-until, of nodes --status.\n${examples(
        ['The newest jobs', 'get jobs'],
        ['Runs of a DAG that went wrong', 'get runs --dag flights-daily --outcome FAILED,KILLED'],
        ['Nodes of the newest run that wait, and for what', 'get nodes last --status WAITING'],
        ['One job whole, for a program', 'get job 7301298712987 -o json'],
        ['A stored Job as a document, ready to apply again', 'get definition busiest-routes > job.yaml'],
        ['Webhook deliveries that were given up, and why', 'get dead-letters'],
      )}`,
    )
    .action(
      action(async (context, [word, name]: [what: string, name: string | undefined], options: GetOptions) => {
        const what: What = Object.hasOwn(SINGULAR, word) ? SINGULAR[word as keyof typeof SINGULAR] : (word as What);
        if (name === undefined) return showAll(context, what, options);
        return what === 'nodes' ? showNodes(context, name, options) : showOne(context, what, name);
      }),
    );

interface GetOptions extends ListOptions {
  readonly dag?: string;
  readonly outcome?: string;
  readonly cycleFrom?: string;
  readonly cycleUntil?: string;
}

async function showRuns({ client, out, note }: Context, options: GetOptions): Promise<void> {
  const { runColumns } = await import('../run-pages.ts');
  const { dag, status, outcome, since, cycleFrom, cycleUntil, limit, cursor } = options;
  const query = {
    limit,
    cursor,
    dag,
    status: status?.toUpperCase(),
    outcome: outcome?.toUpperCase(),
    ...(since !== undefined && { since: await timeOf(since) }),
    ...(cycleFrom !== undefined && { cycleFrom: await timeOf(cycleFrom) }),
    ...(cycleUntil !== undefined && { cycleUntil: await timeOf(cycleUntil) }),
  };
  const answer = await client.call('listRuns', { query });
  out.list(answer, answer.items, runColumns(out));
  if (answer.next !== undefined && out.format === 'table') note(`More: --cursor ${answer.next}`);
}

async function showNodes({ client, out, note }: Context, run: string, { status, limit, cursor }: GetOptions): Promise<void> {
  const { nodeColumns } = await import('../run-pages.ts');
  const { runIdOf } = await import('../run.ts');
  const query = { limit, cursor, status: status?.toUpperCase() };
  const answer = await client.call('listNodes', { params: { id: await runIdOf(client, run) }, query });
  out.list(answer, answer.items, nodeColumns(out));
  if (answer.next !== undefined && out.format === 'table') note(`More: --cursor ${answer.next}`);
}

async function showAll(context: Context, what: What, options: GetOptions): Promise<void> {
  const { client, out } = context;
  const { deadLetterColumns, definitionColumns, queueColumns, workerColumns } = await import('../pages.ts');
  if (what === 'jobs') return listJobs(context, options);
  if (what === 'runs') return showRuns(context, options);
  if (what === 'nodes') return showNodes(context, options.run ?? 'last', options);
  if (what === 'workers') {
    const answer = await client.call('workers');
    return out.list(answer, answer.items, workerColumns(out));
  }
  if (what === 'queues') {
    const answer = await client.call('queues');
    return out.list(answer, answer.items, queueColumns);
  }
  if (what === 'dead-letters') {
    const answer = await client.call('deadLetters', { query: { limit: options.limit } });
    return out.list(answer, answer.items, deadLetterColumns);
  }
  const kind = what === 'definitions' ? 'jobs' : what;
  const answer = await client.call('listDefinitions', { params: { kind }, query: { limit: options.limit, cursor: options.cursor } });
  out.list(answer, answer.items, definitionColumns);
}

async function showOne({ client, out }: Context, what: Exclude<What, 'nodes'>, name: string): Promise<void> {
  if (what === 'jobs') {
    const { jobIdOf } = await import('../job.ts');
    return out.document(await client.call('getJob', { params: { id: await jobIdOf(client, name) } }));
  }
  if (what === 'runs') {
    const { runIdOf } = await import('../run.ts');
    return out.document(await client.call('getRun', { params: { id: await runIdOf(client, name) } }));
  }
  if (what === 'workers' || what === 'queues' || what === 'dead-letters') {
    const { CliError } = await import('../failure.ts');
    throw new CliError(`get ${what} takes no name.`);
  }
  const [plain = '', version] = name.split('@');
  const kind = what === 'definitions' ? 'jobs' : what;
  const found = await client.call('getDefinition', { params: { kind, name: plain }, query: version === undefined ? {} : { version } });
  // As a document it can be applied again; a program gets version and digest, too.
  out.document(out.format === 'json' ? found : { kind: found.kind, ...found.spec });
}
