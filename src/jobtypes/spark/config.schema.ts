// Configuration of job type `spark`. What cannot work is refused here, with its place, and not minutes later on the cluster.
import { z } from 'zod';
import { text } from '../../specs/fields.schema.ts';
import { sizeBytes } from '../../specs/units.ts';
import { args } from '../fields.schema.ts';
import { clusterFileRef, nameOf, type ClusterFileRef } from './files.schema.ts';

const MIB = 2 ** 20;
const SPARKS = { m: MIB, g: 2 ** 30, t: 2 ** 40 } as const;

/** MiB of a size as Longshore (512Mi, 2Gi) or Spark (512m, 2g) has it, rounded up. */
export function mebibytes(value: string): number {
  const unit = SPARKS[value.slice(-1) as keyof typeof SPARKS];
  return Math.ceil((unit === undefined ? sizeBytes(value) : Number(value.slice(0, -1)) * unit) / MIB);
}

const MEMORY = /^[1-9]\d{0,8}(?:Ki|Mi|Gi|Ti|k|M|G|T|m|g|t)$/;
const MAX_MIB = 2 ** 24;

const memory = z
  .string()
  .max(20)
  .regex(MEMORY, 'must be a size with its unit, such as 512Mi or 2Gi')
  .refine((value) => !MEMORY.test(value) || mebibytes(value) <= MAX_MIB, 'must be at most 16Ti');

const cores = z.int().min(1).max(1024);
const list = z.array(clusterFileRef).max(200).default([]);

/** Nodes start a container by a script: what it would read as its own must not stand where it cannot be quoted. */
const forScript = (max: number) =>
  text(max).regex(
    /^(?:[^"`$\\\n\r<{}])*$/,
    'must not contain any of " ` $ \\ < { } or a line break, which the script that starts a container would read',
  );

const javaOptions = text(32_768)
  .refine((value) => !/(?:^|[\s'"])-Xmx/.test(value), 'must not set -Xmx: use driverMemory')
  .refine((value) => evenQuotes(value), 'has a quote that does not end');

const property = text(500).regex(/^spark\.[^\s,]+$/, 'must be a property of Spark: begin with "spark.", without blanks or commas');

/** Statements take values; a program reads its arguments. */
const STATEMENTS = { template: 'sql', dialect: 'spark', templateIf: { runType: '^sql$' } } as const;

export const sparkConfig = z
  .strictObject({
    runType: z.enum(['jar', 'py', 'sql']).meta({ description: 'What runs: a class of a JAR, a Python program, or the statements of a SQL file.' }),
    mainFile: clusterFileRef.optional().meta({
      ...STATEMENTS,
      description:
        'The .jar, .py or .sql file: ./file, {inline: text}, an https: address, local:/path on every node, or hdfs://namenode:8020/path. The other fields of files take the same.',
    }),
    text: text(64 * 1024)
      .min(1)
      .optional()
      .meta({
        ...STATEMENTS,
        description:
          'The program of run type py, or the statements of sql, in place of mainFile. SQL: statements end with ";"; rows go to stdout, columns separated by tabs, with \\t, \\n and \\\\ inside values, NULL for none; ${env:NAME} is replaced by Spark.',
      }),
    mainClass: text(1000)
      .regex(/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/, 'must be the full name of a class')
      .optional()
      .meta({ description: 'Class of the JAR whose main method runs; only and always with run type jar.' }),
    args,
    pyFiles: list.meta({ description: '.py, .zip and .egg files for the PYTHONPATH of driver and executors. Default: none.' }),
    jars: list.meta({ description: 'JARs for the class path of driver and executors. Default: none.' }),
    files: list.meta({
      template: 'files',
      description:
        'Files for the working directory of driver and executors; in a DAG also expressions that give files of nodes before. Default: none.',
    }),
    archives: list.meta({
      description: 'Archives (.zip, .tar.gz, .tgz, .tar, .jar) that are unpacked there, into a folder called as the file is. Default: none.',
    }),
    driverCores: cores.optional().meta({ template: 'value', description: "Cores of the driver. Default: the cluster's, else 1." }),
    driverMemory: memory.optional().meta({ template: 'value', description: "Heap of the driver, such as 2Gi. Default: the cluster's, else 1Gi." }),
    numExecutors: z.int().min(0).max(100_000).optional().meta({ template: 'value', description: "Executors. Default: the cluster's, else 2." }),
    executorCores: cores.optional().meta({ template: 'value', description: "Cores of an executor. Default: the cluster's, else 1." }),
    executorMemory: memory.optional().meta({ template: 'value', description: "Heap of an executor, such as 4Gi. Default: the cluster's, else 1Gi." }),
    driverJavaOptions: javaOptions.optional().meta({ description: "Options of the driver's JVM, separated by blanks, with quotes as in a shell." }),
    driverClassPath: forScript(32_768).optional().meta({ description: "Entries before all others on the driver's class path, separated by colons." }),
    conf: z
      .record(property, text(64 * 1024))
      .default({})
      .meta({
        template: 'value',
        description: "Properties of Spark; they win over the cluster's defaults, and what has a field of its own is refused.",
      }),
  })
  .superRefine((config, context) => {
    const wrong = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
    checkMain(config, wrong);
    for (const [path, name] of repeated(config)) wrong(path, `is the second file called ${name}: all files of a job share one working directory`);
  });
export type SparkConfig = z.infer<typeof sparkConfig>;

type Wrong = (path: (string | number)[], message: string) => void;

const SUFFIX = { jar: '.jar', py: '.py', sql: '.sql' } as const;

interface Main {
  readonly runType: keyof typeof SUFFIX;
  readonly mainFile?: ClusterFileRef | undefined;
  readonly text?: string | undefined;
  readonly mainClass?: string | undefined;
  readonly args: readonly string[];
}

function checkMain({ runType, mainFile, text, mainClass, args }: Main, wrong: Wrong): void {
  if (runType === 'jar' && mainClass === undefined) wrong(['mainClass'], 'is required with run type jar');
  if (runType !== 'jar' && mainClass !== undefined) wrong(['mainClass'], 'is only for run type jar');
  if (runType === 'jar' && text !== undefined) wrong(['text'], 'is only for the run types py and sql');
  if (runType === 'sql' && args.length > 0) wrong(['args'], 'is only for the run types jar and py; statements read variables as ${env:NAME}');
  if (mainFile === undefined) {
    if (text === undefined) wrong(['mainFile'], runType === 'jar' ? 'is required' : 'is required, or text');
    return;
  }
  if (text !== undefined) wrong(['text'], 'must not stand beside mainFile');
  const name = nameOf(mainFile);
  if (name !== undefined && !name.endsWith(SUFFIX[runType])) wrong(['mainFile'], `must be a ${SUFFIX[runType]} file with run type ${runType}`);
}

interface Lists {
  readonly mainFile?: ClusterFileRef | undefined;
  readonly pyFiles: readonly ClusterFileRef[];
  readonly jars: readonly ClusterFileRef[];
  readonly files: readonly ClusterFileRef[];
  readonly archives: readonly ClusterFileRef[];
}

/** Places of files whose name another one has, and files of the lists without a name. */
function repeated(config: Lists): [(string | number)[], string][] {
  const main = config.mainFile === undefined ? [] : [{ path: ['mainFile'] as (string | number)[], file: config.mainFile }];
  const lists = (['pyFiles', 'jars', 'files', 'archives'] as const).flatMap((list) =>
    config[list].map((file, index) => ({ path: [list, index] as (string | number)[], file })),
  );
  const seen = new Set<string>();
  return [...main, ...lists].flatMap(({ path, file }) => {
    const name = nameOf(file) ?? 'inline';
    // A path that is on every node is not copied.
    if (typeof file === 'string' && file.startsWith('local:')) return [];
    if (seen.has(name)) return [[path, name]];
    seen.add(name);
    return [];
  });
}

function evenQuotes(value: string): boolean {
  let quote: string | undefined;
  for (let at = 0; at < value.length; at++) {
    const char = value[at]!;
    if (char === '\\' && quote !== "'") at++;
    else if (quote === undefined && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = undefined;
  }
  return quote === undefined;
}
