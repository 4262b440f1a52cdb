// Which artifacts something still points at: every version of every definition, removed ones too, because name@N still finds them; specs of
// runs; specs of jobs with their payloads and changes; outputs.
import type { CarriedSpec } from '../specs/execution.ts';
import type { CarriedDag } from '../specs/run.ts';
import type { Definition } from '../store/contract.ts';
import { fullSpec } from '../compose/carried-spec.ts';
import type { Deps } from './deps.ts';
import { artifactsIn } from '../compose/spec-files.ts';

const PAGE = 500;

/** Digests that must stay; runs and jobs in `without` do not count, because they go, too. */
export async function usedArtifacts(deps: Deps, without: { runs: ReadonlySet<string>; jobs: ReadonlySet<string> }): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  const use = (value: unknown): void => artifactsIn(value).forEach(({ sha256 }) => used.add(sha256));
  for await (const spec of definitionSpecs(deps)) use(spec);
  for await (const { runId, specs } of runs(deps)) if (!without.runs.has(runId)) for (const spec of specs) await useDag(deps, spec, used, use);
  for await (const { jobId, spec, changes, outputs } of jobs(deps)) {
    if (without.jobs.has(jobId)) continue;
    await useSpec(deps, spec, used, use);
    use(changes.patch);
    for (const output of outputs.flatMap((all) => Object.values(all))) if ('sha256' in output) used.add(output.sha256);
  }
  return used;
}

/** A payload is used by its spec, and may itself name files. */
async function useSpec(deps: Deps, spec: CarriedSpec, used: Set<string>, use: (value: unknown) => void): Promise<void> {
  if (spec.payload === undefined) return use(spec);
  used.add(spec.payload.sha256);
  use(await fullSpec(spec, deps.artifacts));
}

/** Runs of one version of a DAG share a spec that is kept by its digest: it is read once. */
async function useDag(deps: Deps, spec: CarriedDag, used: Set<string>, use: (value: unknown) => void): Promise<void> {
  if ('spec' in spec) return use(spec.spec);
  if (used.has(spec.sha256)) return;
  used.add(spec.sha256);
  use((await deps.dags.of(spec)).spec);
}

async function* definitionSpecs(deps: Deps): AsyncGenerator<unknown> {
  for (let after: Definition | undefined; ;) {
    const page = await deps.store.definitions.all({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const { spec } of page) yield spec;
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

async function* runs(deps: Deps) {
  for (let before: string | undefined; ;) {
    const page = await deps.store.runs.references({ limit: PAGE, ...(before !== undefined && { before }) });
    yield* page;
    if (page.length < PAGE) return;
    before = page.at(-1)!.runId;
  }
}

async function* jobs(deps: Deps) {
  for (let before: string | undefined; ;) {
    const page = await deps.store.executions.references({ limit: PAGE, ...(before !== undefined && { before }) });
    yield* page;
    if (page.length < PAGE) return;
    before = page.at(-1)!.jobId;
  }
}
