// The tree of commands. Building it loads no client and no Temporal: a command loads what it needs when it runs.
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { api } from './commands/api.ts';
import { app } from './commands/app.ts';
import { apply } from './commands/apply.ts';
import { backfill } from './commands/backfill.ts';
import { cluster } from './commands/cluster.ts';
import { completion } from './commands/completion.ts';
import { config } from './commands/config.ts';
import { create } from './commands/create.ts';
import { describe } from './commands/describe.ts';
import { diff } from './commands/diff.ts';
import { doctor } from './commands/doctor.ts';
import { events } from './commands/events.ts';
import { feeds } from './commands/feeds.ts';
import { exportDocuments } from './commands/export.ts';
import { get } from './commands/get.ts';
import { graph } from './commands/graph.ts';
import { kill } from './commands/kill.ts';
import { list } from './commands/list.ts';
import { logs } from './commands/logs.ts';
import { modify } from './commands/modify.ts';
import { prune } from './commands/prune.ts';
import { queue } from './commands/queue.ts';
import { rebuild } from './commands/rebuild.ts';
import { rerun } from './commands/rerun.ts';
import { resolve } from './commands/resolve.ts';
import { result } from './commands/result.ts';
import { rollback } from './commands/rollback.ts';
import { run } from './commands/run.ts';
import { approve, disable, enable, mark, pause, resume, signal, skip } from './commands/run-messages.ts';
import { schedule } from './commands/schedule.ts';
import { scheduler } from './commands/scheduler.ts';
import { token } from './commands/token.ts';
import { up } from './commands/up.ts';
import { validate } from './commands/validate.ts';
import { wait } from './commands/wait.ts';
import { worker } from './commands/worker.ts';

/** Commands as people look for them. */
const GROUPS = {
  'Jobs:': [run, create, list, get, describe, logs, events, result, wait, kill, rerun, resolve, modify],
  'Runs of DAGs:': [graph, feeds, mark, skip, disable, enable, approve, pause, resume, signal],
  'Schedules:': [schedule, backfill],
  'Definitions and access:': [apply, validate, diff, rollback, exportDocuments, cluster, app, queue, token],
  'Processes:': [up, api, scheduler, worker],
  'Care:': [doctor, config, rebuild, prune, completion],
};

const EXIT_CODES = `
Exit codes: 0 ok, 1 the job or run did not succeed, 2 usage, 3 not found, 4 refused, 5 unreachable, 78 a process refuses to start,
124 wait timeout, 130 interrupted.
Begin with \`longshore up\` in one terminal and \`longshore run examples/hello.yaml\` in another.`;

/** A fresh program; usage errors throw CommanderError. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  const program = new Command('longshore')
    .description('A durable job and DAG scheduler: jobs run exactly once, through any crash.')
    .version(version)
    .option('--url <url>', 'address of the API (LONGSHORE_URL; default: profile, then credentials, then http://127.0.0.1:7788)')
    .option('--token <token>', 'API token; other users of the machine can see it, so prefer LONGSHORE_TOKEN or a profile')
    .option('--app <app>', "act as this app (LONGSHORE_APP; default: the token's own; another needs role admin)")
    .option('--profile <name>', 'server of ~/.config/longshore/profiles.yaml (LONGSHORE_PROFILE)')
    .option('--data <folder>', 'data folder, whose credentials.json is used last (LONGSHORE_DATA; default ~/.local/share/longshore)')
    .addOption(new Option('-o, --output <format>', 'output: table is for people, json is stable').choices(['table', 'json', 'yaml']).default('table'))
    .option('--no-color', 'no colours (NO_COLOR)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureHelp({ showGlobalOptions: false });
  for (const [group, commands] of Object.entries(GROUPS)) {
    program.commandsGroup(group);
    for (const command of commands) command(program);
  }
  return program;
}
