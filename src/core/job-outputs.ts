// Outputs of a job's newest attempt: values, and files from the ArtifactStore.
import type { Readable } from 'node:stream';
import { LongshoreError } from '../specs/errors.ts';
import type { Json, Output } from '../specs/execution.ts';
import type { OutputView } from '../specs/views.schema.ts';
import type { Caller, Deps } from './deps.ts';
import { didYouMean } from '../specs/near.ts';
import { ownJob } from './own-job.ts';

/** What `GET /jobs/{id}/outputs/{name}` sends. */
export type OutputContent =
  { readonly file: Readable; readonly name: string; readonly size: number; readonly sha256: string } | { readonly value: Json };

export async function jobOutputs(deps: Deps, caller: Caller, args: { readonly jobId: string }): Promise<{ items: OutputView[] }> {
  return { items: Object.entries(await outputsOf(deps, caller, args.jobId)).map(([name, output]) => outputView(name, output)) };
}

/** NOT_FOUND while the job has no such output. */
export async function jobOutput(deps: Deps, caller: Caller, args: { readonly jobId: string; readonly name: string }): Promise<OutputContent> {
  const outputs = await outputsOf(deps, caller, args.jobId);
  const output = Object.hasOwn(outputs, args.name) ? outputs[args.name] : undefined;
  if (output === undefined) {
    const near = didYouMean(args.name, Object.keys(outputs));
    throw new LongshoreError('NOT_FOUND', `The newest attempt of job ${args.jobId} has no output "${args.name}"${near}.`);
  }
  if ('value' in output) return { value: output.value };
  return { file: await deps.artifacts.get(output.sha256), name: output.name, size: output.size, sha256: output.sha256 };
}

async function outputsOf(deps: Deps, caller: Caller, jobId: string): Promise<{ readonly [name: string]: Output }> {
  await ownJob(deps, caller, jobId);
  return (await deps.store.executions.attempts(jobId)).at(-1)?.outputs ?? {};
}

export const outputView = (name: string, output: Output): OutputView =>
  'value' in output ? { name, value: output.value } : { name, sha256: output.sha256, size: output.size, file: output.name };
