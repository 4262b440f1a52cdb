// Runs inside the payload's process: imports the module and calls its function with what a job needs.
//
//   node runner.ts MODULE EXPORT PARAMS_FILE OUTPUT_FILE PROGRESS_FILE
import { appendFileSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Json } from '../../specs/execution.ts';

/** What a builtin's function is called with. It ends the job when its promise settles; what it throws fails the job. */
export interface BuiltinContext {
  readonly params: Json;
  /** Gives a value to the job's result. */
  readonly output: (name: string, value: Json) => void;
  /** One line for people, shown while it runs. */
  readonly progress: (line: string) => void;
  /** Aborted when the job is stopped gracefully. */
  readonly signal: AbortSignal;
}

const [module = '', exported = 'default', paramsFile = '', outputFile = '', progressFile = ''] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

const context: BuiltinContext = {
  params: JSON.parse(readFileSync(paramsFile, 'utf8')) as Json,
  output: (name, value) => appendFileSync(outputFile, `${name}=${JSON.stringify(value)}\n`),
  progress: (line) => appendFileSync(progressFile, `${line}\n`),
  signal: stop.signal,
};

try {
  const exports = (await import(pathToFileURL(module).href)) as Record<string, unknown>;
  const run = exports[exported];
  if (typeof run !== 'function')
    throw new TypeError(`${module} has no function "${exported}"; it exports ${Object.keys(exports).join(', ') || 'nothing'}`);
  await run(context);
  // Timers and sockets that the function forgot do not keep the job alive.
  process.exit(stop.signal.aborted ? 143 : 0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
