// A DAG before it is stored or run: parsed, checked with all of its jobs, and pinned, so that nothing it refers to changes under a run.
import { checkDag } from '../dags/check.ts';
import { openDag, type OpenDag } from '../dags/open.ts';
import { isStored, jobRefs, jobsOf, type Path } from '../dags/written.ts';
import { pathOf, type Draft } from '../dags/draft.ts';
import { validateDag } from '../specs/dag-check.ts';
import type { NodeJob } from '../specs/dag-node.schema.ts';
import { dagSpecSchema, type DagSpec } from '../specs/dag.schema.ts';
import { LongshoreError, type ErrorCode, type FieldError } from '../specs/errors.ts';
import { jobSpecSchema } from '../specs/job.schema.ts';
import { fieldError, invalid, parse } from '../specs/validate.ts';
import { checkPlace, requireWorkers, type Placed } from './check.ts';
import type { CheckDeps } from './deps.ts';
import { referred, type Referred } from './referred.ts';

const MOST_ERRORS = 20;

/** Parses and checks a whole DAG. Errors: INVALID with every place, else what the check of a job throws; `at` is where it stands in the request. */
export async function composeDag(deps: CheckDeps, app: string, raw: unknown, at: Path = []): Promise<DagSpec> {
  const dag = parse(dagSpecSchema, raw, at);
  // References are looked up where the graph is right.
  const wrong = validateDag(dag);
  if (wrong.length > 0) throw invalid(placed(wrong, at));
  const found = await referred(deps, app, dag);
  const errors = [...found.errors, ...checkDag(dag, found)];
  if (errors.length > 0) throw invalid(placed(errors.slice(0, MOST_ERRORS), at));
  await checkJobs(deps, app, openDag(dag, found), at);
  return dag;
}

/**
 * A checked DAG with a version at each reference: a stored version is never changed, and stays readable when its name is removed. What the DAGs that it
 * refers to refer to themselves is pinned when they start. Errors: INVALID where something is not there, or a sub-DAG's parameters are wrong.
 */
export async function pinDag(deps: CheckDeps, app: string, dag: DagSpec, at: Path = []): Promise<DagSpec> {
  const refs = [...jobRefs(dag.nodes).map(({ ref }) => ref), ...Object.values(dag.nodes).flatMap((node) => node.dag?.ref ?? [])];
  if (refs.length === 0) return dag;
  const found = await referred(deps, app, dag);
  // It was checked when it was stored, but what has no version may be another one since then.
  const errors = [...found.errors, ...(refs.every((ref) => ref.includes('@')) ? [] : checkDag(dag, found))];
  if (errors.length > 0) throw invalid(placed(errors.slice(0, MOST_ERRORS), at));
  return pinned(dag, found);
}

function pinned(dag: DagSpec, { jobVersion, dagVersion }: Referred): DagSpec {
  const job = (written: NodeJob): NodeJob => (isStored(written) ? { ...written, ref: jobVersion(written.ref) } : written);
  const nodes = Object.entries(dag.nodes).map(([name, node]) => [
    name,
    {
      ...node,
      ...(node.job && { job: job(node.job) }),
      ...(node.mapReduce && { mapReduce: { ...node.mapReduce, reduce: job(node.mapReduce.reduce) } }),
      ...(node.broadcast?.final && { broadcast: { ...node.broadcast, final: job(node.broadcast.final) } }),
      ...(node.dag && { dag: { ...node.dag, ref: dagVersion(node.dag.ref) } }),
    },
  ]);
  return { ...dag, nodes: Object.fromEntries(nodes) as DagSpec['nodes'] };
}

const placed = (errors: readonly FieldError[], at: Path): FieldError[] => {
  const before = fieldError(at, '').path;
  return errors.map((error) => ({ ...error, path: before + error.path }));
};

/** Grants, pairs, forbidden settings and files of every job, as for a job by itself. */
async function checkJobs(deps: CheckDeps, app: string, open: OpenDag, at: Path): Promise<void> {
  const refused: { readonly code: ErrorCode; readonly error: FieldError }[] = [];
  // Nodes have much in common: what was looked at once is known.
  const known = remembering(deps);
  for (const [name, node] of Object.entries(open.dag.nodes)) {
    for (const written of jobsOf(name, node)) {
      const draft = open.draft(name, written);
      if (draft !== undefined) refused.push(...(await refusals(known, app, draft, node.broadcast !== undefined && written.part === 'item')));
    }
    if (refused.length >= MOST_ERRORS) break;
  }
  if (refused.length === 0) return;
  const errors = placed(
    refused.map(({ error }) => error),
    at,
  );
  const [code, ...others] = new Set(refused.map((one) => one.code));
  if (code === undefined || code === 'INVALID' || others.length > 0) throw invalid(errors);
  throw new LongshoreError(code, `${errors[0]!.path}: ${errors[0]!.message}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}`, {
    errors,
  });
}

async function refusals(deps: CheckDeps, app: string, draft: Draft, onWorkers: boolean): Promise<{ code: ErrorCode; error: FieldError }[]> {
  try {
    const placed = placedOf(draft);
    await checkPlace(deps, app, placed);
    if (onWorkers) await requireWorkers(deps, placed.cluster);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof LongshoreError) || !REFUSALS.has(thrown.code)) throw thrown;
    const { code, message } = thrown;
    const at = draft.locate([]);
    if (thrown.errors.length === 0) return [{ code, error: fieldError(at, message) }];
    return thrown.errors.map((error) => ({ code, error: { ...error, path: fieldError(draft.locate(pathOf(error.path)), '').path } }));
  }
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['INVALID', 'FORBIDDEN', 'UNKNOWN_TYPE', 'PAIR_UNSUPPORTED', 'CONF_FORBIDDEN']);

const PLACED = jobSpecSchema.pick({ type: true, cluster: true, queue: true, workers: true, user: true, secrets: true });

/** What decides where it runs has no expressions, and is known now. */
function placedOf({ job }: Draft): Placed {
  const { type, cluster, queue, workers, user, secrets, env = {}, config = {} } = job;
  return { ...PLACED.parse({ type, cluster, queue, workers, user, secrets }), env, config };
}

/** The same, asking for each definition and artifact once. */
function remembering(deps: CheckDeps): CheckDeps {
  const definitions = new Map<string, ReturnType<CheckDeps['store']['definitions']['get']>>();
  const artifacts = new Map<string, ReturnType<CheckDeps['artifacts']['has']>>();
  const { store } = deps;
  return {
    ...deps,
    store: {
      definitions: {
        get: (...of) => once(definitions, JSON.stringify(of), () => store.definitions.get(...of)),
        list: (...of) => store.definitions.list(...of),
      },
    },
    artifacts: { has: (sha256) => once(artifacts, sha256, () => deps.artifacts.has(sha256)) },
  };
}

function once<T>(answers: Map<string, T>, key: string, ask: () => T): T {
  if (!answers.has(key)) answers.set(key, ask());
  return answers.get(key)!;
}
