// The only reader of process.env, and the one place where configuration comes together: file < environment < flags.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { LineCounter, isNode, parse, parseDocument } from 'yaml';
import { z } from 'zod';
import type { FaultPlan } from './crash-points.ts';
import { configSchema, type Config } from './specs/config.schema.ts';
import { StartError } from './start-error.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Path = readonly string[];

/** Flags of `up`, `api`, `scheduler`, `worker` and `config show`; they win over everything. */
export interface ConfigFlags {
  /** --config: the configuration file. Default: LONGSHORE_CONFIG, else longshore.yaml in the data folder if it is there. */
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** --workers: the worker group. */
  readonly workers?: string | undefined;
}
const FLAGS: readonly { flag: keyof ConfigFlags; path: Path }[] = [
  { flag: 'data', path: ['data'] },
  { flag: 'host', path: ['api', 'host'] },
  { flag: 'port', path: ['api', 'port'] },
  { flag: 'workers', path: ['worker', 'group'] },
];

/** Where a setting's value comes from: "default", "longshore.yaml:12", "LONGSHORE_DATA" or "--data". */
export interface Setting {
  readonly path: string;
  readonly value: unknown;
  readonly origin: string;
}
export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read, and the folder that its relative paths start from. */
  readonly file: string | undefined;
  readonly baseDir: string;
  /** Every setting, for `config show --origin`. */
  readonly settings: readonly Setting[];
}

/** Reads and checks the configuration. Throws StartError with one line for each wrong setting. */
export function loadConfig(flags: ConfigFlags = {}, env: Env = process.env): LoadedConfig {
  const named = flags.config ?? (env.LONGSHORE_CONFIG || undefined);
  const data = fromHere(flags.data ?? dataFolderOf(env));
  const file = readConfigFile(named ?? join(data, 'longshore.yaml'), named !== undefined);
  const origins = new Map<string, string>();
  const raw = file?.value ?? {};
  for (const [path, line] of file?.lines ?? []) origins.set(path, `${file?.name}:${line}`);

  const put = (path: Path, value: unknown, origin: string): void => {
    let at: Record<string, unknown> = raw;
    for (const name of path.slice(0, -1)) {
      const next = at[name];
      at = (typeof next === 'object' && next !== null ? next : (at[name] = {})) as Record<string, unknown>;
    }
    at[path.at(-1)!] = value;
    const name = path.join('.');
    for (const known of origins.keys()) if (known.startsWith(`${name}.`)) origins.delete(known);
    origins.set(name, origin);
  };
  for (const { path, variable, text } of variables()) {
    const value = env[variable];
    if (value !== undefined && value !== '') put(path, text ? given(path, value) : scalar(value), variable);
  }
  for (const { flag, path } of FLAGS) if (flags[flag] !== undefined) put(path, given(path, flags[flag]), `--${flag}`);
  if (raw.data === undefined) put(['data'], data, 'default');

  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) throw new StartError(parsed.error.issues.map((issue) => complaint(issue, raw, origins)).join('\n'));
  const baseDir = file === undefined ? process.cwd() : dirname(file.name);
  const config = absolute(parsed.data, baseDir);
  return { config, file: file?.name, baseDir, settings: settingsOf(config, origins) };
}

const FOLDERS = ['data', 'store.sqlite', 'logs.folder', 'artifacts.folder'];

/** A value of a flag or the environment: whoever writes a path there means it from where they are, not from the file's folder. */
const given = (path: Path, value: unknown): unknown => (typeof value === 'string' && FOLDERS.includes(path.join('.')) ? fromHere(value) : value);

const fromHere = (path: string): string => pathFrom(process.cwd(), path);

/** ~ is the home folder. */
const pathFrom = (folder: string, path: string): string => resolve(folder, path.replace(/^~(?=\/|$)/, homedir()));

const dataFolderOf = (env: Env): string => env.LONGSHORE_DATA || join(homedir(), '.local', 'share', 'longshore');

/** Every setting may come from LONGSHORE_<PATH>: worker.maxJobs from LONGSHORE_WORKER_MAX_JOBS; lists and objects as YAML. */
function variables(): { path: Path; variable: string; text: boolean }[] {
  type Schema = { type?: string; properties?: Record<string, Schema> };
  const walk = (schema: Schema, path: Path): { path: Path; variable: string; text: boolean }[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
      const at = [...path, name];
      const variable = ['longshore', ...at].map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_');
      return [{ path: at, variable, text: field.type === 'string' }, ...walk(field, at)];
    });
  return walk(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Schema, []);
}

function scalar(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}

interface ConfigFile {
  readonly name: string;
  readonly value: Record<string, unknown>;
  /** Dotted path → line. */
  readonly lines: ReadonlyMap<string, number>;
}

function readConfigFile(name: string, required: boolean): ConfigFile | undefined {
  const file = resolve(name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartError(`${file}: cannot be read: ${(error as Error).message}`);
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const [problem] = document.errors;
  if (problem !== undefined) throw new StartError(`${file}:${counter.linePos(problem.pos[0]).line}: ${problem.message.split('\n')[0]}`);
  const value = (document.toJS() ?? {}) as Record<string, unknown>;
  if (typeof value !== 'object' || Array.isArray(value)) throw new StartError(`${file}:1: must be a map of settings`);
  const lines = new Map<string, number>();
  for (const path of leaves(value)) {
    const node = document.getIn(path, true);
    if (isNode(node) && node.range) lines.set(path.join('.'), counter.linePos(node.range[0]).line);
  }
  return { name: file, value, lines };
}

function complaint(issue: z.core.$ZodIssue, raw: unknown, origins: ReadonlyMap<string, string>): string {
  const path = issue.path.map(String);
  const unknown = issue.code === 'unrecognized_keys' ? [...path, issue.keys[0]!] : path;
  let value = raw;
  for (const name of unknown) value = (value as Record<string, unknown> | undefined)?.[name];
  const origin = [...origins].find(([name]) => name === unknown.join('.') || name.startsWith(`${unknown.join('.')}.`))?.[1];
  const shown = value === undefined ? '' : ` (it is ${JSON.stringify(value).slice(0, 80)})`;
  return `${origin ?? 'configuration'}: ${unknown.join('.')}: ${issue.message}${shown}`;
}

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]));
}

function settingsOf(config: Config, origins: ReadonlyMap<string, string>): Setting[] {
  return leaves(config).map((path) => {
    let value: unknown = config;
    for (const name of path) value = (value as Record<string, unknown>)[name];
    const origin = path.map((_, depth) => origins.get(path.slice(0, path.length - depth).join('.'))).find((found) => found !== undefined);
    return { path: path.join('.'), value, origin: origin ?? 'default' };
  });
}

/** Fills in the folders that follow from others, and makes them absolute: what is relative now stands in the file, and starts from its folder. */
function absolute(config: Config, baseDir: string): Config {
  const path = (text: string): string => pathFrom(baseDir, text);
  const data = path(config.data);
  return {
    ...config,
    data,
    store: { sqlite: path(config.store.sqlite ?? join(data, 'longshore.db')) },
    logs: { ...config.logs, folder: path(config.logs.folder ?? join(data, 'logs')) },
    artifacts: { ...config.artifacts, folder: path(config.artifacts.folder ?? join(data, 'artifacts')) },
  };
}

/** What the command line client needs from the environment. */
export interface CliEnvironment {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly app: string | undefined;
  readonly profile: string | undefined;
  /** The data folder whose credentials it may use. */
  readonly data: string;
  /** NO_COLOR is set. */
  readonly noColor: boolean;
  /** CI is set: nobody watches. */
  readonly ci: boolean;
}
export function cliEnvironment(env: Env = process.env): CliEnvironment {
  return {
    url: env.LONGSHORE_URL || undefined,
    token: env.LONGSHORE_TOKEN || undefined,
    app: env.LONGSHORE_APP || undefined,
    profile: env.LONGSHORE_PROFILE || undefined,
    data: fromHere(dataFolderOf(env)),
    noColor: Boolean(env.NO_COLOR),
    ci: Boolean(env.CI),
  };
}

/** TEMPORAL_CLI_PATH: the temporal command line tool to use for the embedded server. */
export const temporalCliPath = (env: Env = process.env): string | undefined => env.TEMPORAL_CLI_PATH || undefined;

/** The whole environment, for Temporal's own settings (TEMPORAL_*, and where its file lies). */
export function temporalEnvironment(env: Env = process.env): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** One variable of this process, for a secret whose source is `env`. */
export const environmentVariable = (name: string, env: Env = process.env): string | undefined => env[name];

/** The fault plan that a test started this process with (LONGSHORE_FAULTS, JSON). */
export function faultPlan(env: Env = process.env): FaultPlan | undefined {
  return env.LONGSHORE_FAULTS ? (JSON.parse(env.LONGSHORE_FAULTS) as FaultPlan) : undefined;
}
