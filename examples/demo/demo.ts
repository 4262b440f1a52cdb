// `npm run demo`: the whole of Longshore once. It starts everything in a folder of its own, runs the DAG of examples/flights on it, shows what came
// of it and where to look, and stops what it started. Run it as often as you like: the folder is kept.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = fileURLToPath(new URL('../..', import.meta.url));
const data = join(root, '.longshore', 'demo');
const longshore = join(root, 'bin', 'longshore.cjs');
const log = join(data, 'up.log');
const report = join(data, 'delays.html');
const HEAD_LINES = 6;

/** The settings of whoever runs the demo do not count. */
const own = { cwd: root, env: { LONGSHORE_URL: '', LONGSHORE_TOKEN: '', LONGSHORE_PROFILE: '', LONGSHORE_APP: '', LONGSHORE_CONFIG: '' } };
const cli = [longshore, '--data', data];
const answer = async (...args: string[]): Promise<string> => (await execa(process.execPath, [...cli, ...args], own)).stdout;

console.log('Starting Temporal, API, scheduler and worker …');
await mkdir(data, { recursive: true, mode: 0o700 });
const up = execa(process.execPath, [longshore, 'up', '--data', data, '--port', '0'], { ...own, reject: false, forceKillAfterDelay: 30_000 });
up.stderr.pipe(createWriteStream(log));

try {
  console.log(await welcome());
  console.log('Running examples/flights/delays.yaml, a DAG on 20,000 real flights …\n');
  await execa(process.execPath, [...cli, 'run', 'examples/flights/delays.yaml'], { ...own, stdio: 'inherit' });
  const { id } = JSON.parse(await answer('get', 'run', 'last', '-o', 'json')) as { id: string };
  const table = await answer('result', id, 'hours', 'table');
  console.log(`\nDelays by hour of departure (the first lines of hours.csv):\n\n${table.split('\n').slice(0, HEAD_LINES).join('\n')}\n`);
  await answer('result', id, 'report', 'report', '--to', report);
  const bin = `bin/longshore.cjs --data ${relative(root, data)}`;
  console.log(`The report, with a picture: ${relative(root, report)}

It was made because enough of the flights are plausible; else they would have been put into quarantine.
The run is kept. Bring everything up again, look around, and take the other branch:
  npm start -- --data ${relative(root, data)}
  ${bin} describe ${id}
  ${bin} run examples/flights/delays.yaml --param plausible=99.9
`);
} catch (error) {
  console.error(`${(error as Error).message}\nThe log of the processes: ${log}`);
  process.exitCode = 1;
} finally {
  up.kill('SIGTERM');
  await up;
}

/** Waits until everything is up; returns where to look. */
async function welcome(): Promise<string> {
  let said = '';
  up.stdout.setEncoding('utf8');
  up.stdout.on('data', (text: string) => (said += text));
  const ended = up.then(async () => {
    throw new Error(`Longshore did not start. ${(await readFile(log, 'utf8')).trimEnd().split('\n').at(-1)}`);
  });
  while (!/Temporal UI .*\n/.test(said)) await Promise.race([once(up.stdout, 'data'), ended]);
  const places = said.split('\n').filter((line) => /^ {2}(?:API page|Temporal UI) /.test(line));
  return ['Longshore is up. While this runs, look at', ...places].join('\n');
}
