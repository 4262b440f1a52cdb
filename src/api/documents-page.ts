// docs/documents.md, made from the schemas: `node src/api/documents-page.ts > docs/documents.md`. A test fails when it is stale.
import { z } from 'zod';
import { appSpecSchema, clusterSpecSchema } from '../specs/documents.schema.ts';
import { nodeSchema } from '../specs/dag-node.schema.ts';
import { dagSpecSchema } from '../specs/dag.schema.ts';
import { jobSpecSchema } from '../specs/job.schema.ts';
import { DURATION, ENV_NAME, NAME, SIZE, USER } from '../specs/patterns.ts';
import { MAX_DURATION, MAX_SIZE } from '../specs/units.ts';
import { table } from './markdown.ts';
import { createAdapterRegistry } from '../adapters/registry.ts';
import { createJobTypeRegistry } from '../jobtypes/registry.ts';

const HEAD = `# Documents: every field

Made from the schemas by \`node src/api/documents-page.ts\`. A document is YAML or JSON; a file may hold several, with \`---\` between. Its \`kind\` is Job,
Dag, App or Cluster, and a field that is not here is refused with its line. \`longshore apply -f FILE\` stores documents as versions, \`longshore create\` and
\`longshore run\` take one Job or Dag; \`longshore apply -f FILE --dry-run\` only checks. Jobs and DAGs belong to the app that stores them; apps and clusters need role admin.
What says \`\${{ }}\` takes [expressions](expressions.md) in a node of a DAG.

An editor with a YAML language server (VS Code with its YAML extension) completes and checks these fields where a comment in the document names
their JSON Schema: a copy of [longshore.schema.json](longshore.schema.json), or a server's own, which also knows the types that its plugins bring.
Each document of a file has its own comment:

\`\`\`yaml
# yaml-language-server: $schema=http://127.0.0.1:7788/schema.json
\`\`\`

What the values are:

`;

/** The words for values that a pattern describes, and what the words stand for. */
const WORDS: readonly (readonly [word: string, pattern: RegExp, meaning: string])[] = [
  ['name', NAME, '1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit'],
  ['duration', DURATION, `500ms, 10s, 5m, 6h, 1d or several in a row, 1h30m; at most ${MAX_DURATION}`],
  ['size', SIZE, `bytes, or with Ki, Mi, Gi, Ti (1024) or k, M, G, T (1000): 512Mi; at most ${MAX_SIZE}`],
  ['user', USER, 'a user of the operating system: 1 to 32 of a-z, 0-9, "_" and "-"'],
  ['variable', ENV_NAME, 'letters, digits and "_", at most 128; not LONGSHORE_* and not what the shell itself owns (PWD, IFS, …)'],
];

const KINDS = [
  ['Job', 'What runs. `config` belongs to the job type: [job types](job-types.md).', jobSpecSchema],
  ['Dag', 'Jobs and what they wait for: [DAGs](dags.md), [schedules](schedules.md).', dagSpecSchema],
  ['Dag: a node', 'Fields of `nodes.NAME`. A node has one of `job`, `dag`, `foreach`, `mapReduce`, `broadcast` and `wait`.', nodeSchema],
  ['App', 'Who calls, and what they may use. Nothing is granted by default.', appSpecSchema],
  ['Cluster', 'A place to run, at most 32 KB of JSON. Type `local` is the workers’ own machines.', clusterSpecSchema],
  ...createAdapterRegistry()
    .types()
    .map(({ type, config }) => [`Cluster of type ${type}: config`, 'Fields of `config`.', config] as const),
  [
    'Job of type spark: config',
    'Fields of `config`; those of the other [job types](job-types.md) are on their own page.',
    createJobTypeRegistry().get('spark').config,
  ],
] as const;

/** What is described elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  JobPatch: 'fields of a [Job](#job)',
  NodeJob: 'fields of a [Job](#job), with its `type`',
  DagNode: '[node](#dag-a-node)',
  Schedule: '[schedule](schedules.md)',
};

const FILE = '`./path` of the machine of the CLI, which uploads and pins it; `{inline: text}`; an address that begins with `https:` or `local:`';

interface Field {
  readonly template?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Field>>;
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Field;
  readonly additionalProperties?: Field | boolean;
  readonly maxProperties?: number;
  readonly items?: Field;
  readonly maxItems?: number;
  readonly anyOf?: readonly Field[];
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** The whole page. */
export function documentsPage(): string {
  const words = [...WORDS.map(([word, , meaning]) => [word, meaning]), ['file', FILE]];
  return HEAD + table(['word', 'meaning'], words) + KINDS.map(([kind, about, schema]) => section(kind, about, schema)).join('');
}

function section(kind: string, about: string, schema: z.ZodType): string {
  const { $defs, $ref, ...plain } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Field;
  // A schema with a name of its own is among its own definitions.
  const root = $defs?.[$ref?.split('/').at(-1) ?? ''] ?? plain;
  return `\n## ${kind}\n\n${about}\n\n${table(['field', 'value', 'default', 'meaning'], rows(root, ''))}`;
}

/** One row for each field, what is inside of it below it. */
function rows(object: Field, at: string): string[][] {
  return Object.entries(object.properties ?? {}).flatMap(([name, field]) => {
    const [meaning, says] = apart(field.description ?? '');
    const standard = object.required?.includes(name) === true ? 'required' : (says ?? written(field.default));
    const takes = field.template === undefined || field.template === 'none' ? '' : '; `${{ }}`';
    return [[`\`${at}${name}\``, valueOf(field) + takes, standard, meaning], ...inside(field, `${at}${name}`)];
  });
}

/** It takes what stands for an uploaded file. */
const isFile = ({ properties, anyOf = [] }: Field): boolean => properties?.['artifact'] !== undefined || anyOf.some(isFile);

/** A field that several forms have is one row. */
const once = (all: readonly string[][]): string[][] => [...new Map(all.map((row) => [row[0], row])).values()];

function inside(field: Field, at: string): string[][] {
  if (field.items !== undefined) return rows(field.items, `${at}[].`);
  if (isFile(field)) return [];
  if (field.anyOf !== undefined) return once(field.anyOf.flatMap((form) => inside({ ...form, required: [] }, at)));
  if (typeof field.additionalProperties !== 'object') return rows(field, `${at}.`);
  const member = field.additionalProperties;
  // Of several forms each has fields that the others have not, so none is required by itself.
  const forms = (member.anyOf ?? []).map((form) => ({ ...form, required: [] }));
  return [member, ...forms].flatMap((form) => rows(form, `${at}.NAME.`));
}

/** A meaning without its last sentence, where that is a default which no schema can say. */
function apart(description: string): [meaning: string, standard: string | undefined] {
  const [, meaning, standard] = /^(.*?) Default: (.*)\.$/.exec(description) ?? [];
  return [meaning ?? description, standard];
}

/** An object's default is that of each of its fields. */
const written = (value: unknown): string =>
  value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
    ? ''
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function valueOf(field: Field): string {
  const word = WORDS.find(([, pattern]) => pattern.source === field.pattern)?.[0];
  if (word !== undefined) return word;
  if (field.$ref !== undefined) return ELSEWHERE[field.$ref.split('/').at(-1)!] ?? 'any JSON';
  if (isFile(field)) return 'file';
  if (field.anyOf !== undefined) return [...new Set(field.anyOf.map(valueOf))].join(' or ');
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (field.items !== undefined) return `list${field.items.properties === undefined ? `: ${valueOf(field.items)}` : ''}${most(field.maxItems)}`;
  if (typeof field.additionalProperties === 'object') return mapOf(field, field.additionalProperties);
  if (field.type === 'integer' || field.type === 'number') return range(field);
  if (field.type === 'boolean') return '`true`, `false`';
  if (field.type === 'object') return 'map';
  return `${field.format === 'uri' ? 'address' : 'text'}${field.maxLength === undefined ? '' : `, at most ${field.maxLength} characters`}`;
}

function mapOf({ propertyNames, maxProperties }: Field, member: Field): string {
  const value = member.properties !== undefined || member.anyOf !== undefined ? 'map' : valueOf(member);
  return `map: ${propertyNames?.pattern === undefined ? 'text' : valueOf(propertyNames)} → ${value}${most(maxProperties)}`;
}

const most = (count: number | undefined): string => (count === undefined ? '' : `; at most ${count}`);
const range = ({ minimum, exclusiveMinimum, maximum }: Field): string =>
  exclusiveMinimum === undefined ? `${minimum} to ${maximum}` : `over ${exclusiveMinimum}, at most ${maximum}`;

if (import.meta.main) process.stdout.write(documentsPage());
