// Which artifacts something still points at: every version of every definition, removed ones too, because name@N still finds them; specs of
// jobs with their payloads and changes; outputs.
import type { CarriedSpec } from '../specs/execution.ts';
import type { Definition } from '../store/contract.ts';
import { fullSpec } from '../compose/carried-spec.ts';
import type { Deps } from './deps.ts';
import { artifactsIn } from '../compose/spec-files.ts';

const PAGE = 500;

/** Digests that must stay; jobs in `without` do not count, because they go, too. */
export async function usedArtifacts(deps: Deps, without: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  const use = (value: unknown): void => artifactsIn(value).forEach(({ sha256 }) => used.add(sha256));
  for await (const spec of definitionSpecs(deps)) use(spec);
  for await (const { jobId, spec, changes, outputs } of jobs(deps)) {
    if (without.has(jobId)) continue;
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

async function* definitionSpecs(deps: Deps): AsyncGenerator<unknown> {
  for (let after: Definition | undefined; ;) {
    const page = await deps.store.definitions.all({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const { spec } of page) yield spec;
    if (page.length < PAGE) return;
    after = page.at(-1);
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
