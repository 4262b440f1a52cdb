// Files named by a spec: what reached the server must be pinned or reachable, and what is pinned must exist.
import type { z } from 'zod';
import type { FieldError } from '../specs/errors.ts';
import { SHA256 } from '../specs/patterns.ts';
import type { ArtifactStore } from '../store/artifacts.ts';
import { filesIn } from '../specs/schema-walk.ts';
import { fieldError } from '../specs/validate.ts';

type Path = readonly (string | number)[];

/** A file in the ArtifactStore, wherever it stands in a JSON value. */
export function artifactsIn(value: unknown, path: Path = []): { path: Path; sha256: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const sha256 = (value as { artifact?: unknown }).artifact;
  if (typeof sha256 === 'string' && SHA256.test(sha256)) return [{ path: [...path, 'artifact'], sha256 }];
  return Object.entries(value).flatMap(([key, member]) => artifactsIn(member, [...path, Array.isArray(value) ? Number(key) : key]));
}

/** What is wrong with the files of a configuration. */
export async function wrongFiles(schema: z.ZodType, config: unknown, at: Path, artifacts: Pick<ArtifactStore, 'has'>): Promise<FieldError[]> {
  const local = filesIn(schema, config, at).flatMap(({ path, value }) =>
    typeof value === 'string' && value.startsWith('./')
      ? [
          fieldError(
            path,
            'is a file on your machine, which the server cannot read: the CLI uploads it, or upload it to POST /api/v1/artifacts and write {artifact, name}',
            value,
          ),
        ]
      : [],
  );
  const missing = await Promise.all(
    artifactsIn(config, at).map(async ({ path, sha256 }) =>
      (await artifacts.has(sha256)) === undefined ? [fieldError(path, 'is not uploaded: send the file to POST /api/v1/artifacts first', sha256)] : [],
    ),
  );
  return [...local, ...missing.flat()];
}
