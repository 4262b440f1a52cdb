// Brings files of a spec into an attempt's working directory: whole or not at all, and checked by digest.
import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StepError, hasCode } from '../specs/errors.ts';
import { sizeBytes } from '../specs/units.ts';
import type { Config } from '../specs/config.schema.ts';
import type { FileRef } from '../specs/fields.schema.ts';
import type { Workspace } from '../jobtypes/contract.ts';
import type { ArtifactStore } from '../store/artifacts.ts';
import { openUrl } from './outgoing.ts';

export interface FileSources {
  readonly artifacts: ArtifactStore;
  readonly config: Config;
  /** The job runs on this machine, so `local:` files must be here. */
  readonly here: boolean;
}

/** Absolute path of the file in the working directory. ARTIFACT_MISSING when it cannot be had or is not what its digest says. */
export async function fetchFile(
  sources: FileSources,
  workspace: Workspace,
  file: FileRef,
  to: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const target = inside(workspace.workDir, to ?? nameOf(file));
  await makeFolders(workspace, target);
  if (typeof file === 'string' && file.startsWith('local:')) return await link(file.slice('local:'.length), target, sources.here);
  const content = await open(sources, file, signal);
  const staged = `${target}.${randomUUID()}`;
  const hash = createHash('sha256');
  try {
    await pipeline(content, hashing(hash), createWriteStream(staged, { flags: 'wx', mode: 0o600 }), { signal });
    const digest = hash.digest('hex');
    if (typeof file === 'object' && 'artifact' in file && file.artifact !== digest) {
      throw new StepError('ARTIFACT_MISSING', `${file.name} arrived with SHA-256 ${digest} in place of ${file.artifact}`, { retryable: true });
    }
    await chmod(staged, 0o700);
    await rename(staged, target);
    return target;
  } catch (cause) {
    await rm(staged, { force: true });
    throw cause;
  }
}

function nameOf(file: FileRef): string {
  if (typeof file === 'object') return file.name ?? 'inline';
  return basename(URL.canParse(file) ? new URL(file).pathname : file) || 'file';
}

function inside(folder: string, relative: string): string {
  const path = resolve(folder, relative);
  if (!path.startsWith(folder + sep)) throw new StepError('PREPARE_FAILED', `"${relative}" lies outside the working directory`);
  return path;
}

/**
 * Makes the folders on the way to `target`. A link among them is refused: this worker may have rights that the job has not, and would
 * write wherever it leads. PREPARE_FAILED names it.
 */
async function makeFolders({ dir }: Workspace, target: string): Promise<void> {
  let folder = dir;
  for (const name of relative(dir, dirname(target)).split(sep)) {
    folder = join(folder, name);
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
    if (!(await lstat(folder)).isDirectory())
      throw new StepError('PREPARE_FAILED', `"${relative(dir, folder)}" is not a folder, so nothing can be put into it`);
  }
}

async function open(sources: FileSources, file: FileRef, signal: AbortSignal): Promise<Readable> {
  if (typeof file === 'object') return 'inline' in file ? Readable.from([Buffer.from(file.inline)]) : await openArtifact(sources.artifacts, file);
  if (file.startsWith('https:')) {
    const { webhooks, artifacts } = sources.config;
    return await openUrl(file, { allowPrivate: webhooks.allowPrivate, maxBytes: sizeBytes(artifacts.limit), signal });
  }
  throw new StepError('ARTIFACT_MISSING', `this worker cannot fetch "${file}"; upload it and name it as ./file`);
}

async function openArtifact(artifacts: ArtifactStore, file: { artifact: string; name: string }): Promise<Readable> {
  try {
    return await artifacts.get(file.artifact);
  } catch (cause) {
    if (!hasCode(cause, 'NOT_FOUND')) throw cause;
    throw new StepError('ARTIFACT_MISSING', `${file.name} (${file.artifact}) is not in the artifact store`, { cause });
  }
}

/** A file of the machine where the job runs stays where it is: whoever the job runs as needs the right to read it. */
async function link(path: string, target: string, here: boolean): Promise<string> {
  if (!isAbsolute(path)) throw new StepError('ARTIFACT_MISSING', `local:${path} must be an absolute path on the machine where the job runs`);
  try {
    if (here) await lstat(path);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT') || hasCode(cause, 'ENOTDIR'))
      throw new StepError('ARTIFACT_MISSING', `there is no file ${path} on this worker`, { cause });
  }
  await rm(target, { force: true });
  await symlink(path, target);
  return target;
}

const hashing = (hash: Hash) =>
  async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
