// Uploads, content-addressed: the answer is the name.
import type { Readable } from 'node:stream';
import { LongshoreError } from '../specs/errors.ts';
import { sizeBytes } from '../specs/units.ts';
import type { Caller, Deps } from './deps.ts';

export interface Artifact {
  readonly sha256: string;
  readonly size: number;
}

/** INVALID when the bytes do not have the digest that was said; TOO_LARGE; DISK_FULL. */
export async function putArtifact(
  deps: Deps,
  _caller: Caller,
  args: { readonly content: Readable; readonly sha256?: string | undefined },
): Promise<Artifact> {
  return await deps.artifacts.put(args.content, {
    maxBytes: sizeBytes(deps.config.artifacts.limit),
    ...(args.sha256 !== undefined && { expect: args.sha256 }),
  });
}

/** NOT_FOUND when it has to be uploaded. */
export async function hasArtifact(deps: Deps, _caller: Caller, args: { readonly sha256: string }): Promise<Artifact> {
  const found = await deps.artifacts.has(args.sha256);
  if (found === undefined) throw new LongshoreError('NOT_FOUND', `There is no artifact ${args.sha256}.`);
  return { sha256: args.sha256, size: found.size };
}
