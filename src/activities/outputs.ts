// Collects what a job gave: files of its working directory and the values that it appended to $LONGSHORE_OUTPUT.
import { constants } from 'node:fs';
import { open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { StepError, hasCode } from '../specs/errors.ts';
import { sizeBytes } from '../specs/units.ts';
import type { Json, Output, Outputs } from '../specs/execution.ts';
import type { JobSpec } from '../specs/job.schema.ts';
import type { Workspace } from '../jobtypes/contract.ts';
import type { ArtifactStore } from '../store/artifacts.ts';
import { shorten } from './failure.ts';
import type { Mask } from './mask.ts';

/** All inline values of one attempt together. */
export const MAX_VALUES_BYTES = 64 * 1024;
/** So many characters of what was wrong are quoted. */
const MAX_QUOTE = 100;

type ValueType = 'string' | 'int' | 'float' | 'bool' | 'json';
const IS: Record<ValueType, (value: Json) => boolean> = {
  string: (value) => typeof value === 'string',
  int: (value) => Number.isSafeInteger(value),
  float: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  json: () => true,
};

/** What the spec declares. OUTPUT_MISSING when a declared output is not there, OUTPUT_INVALID when it is not what was declared. */
export async function collectOutputs(
  { artifacts, limit, mask }: { readonly artifacts: ArtifactStore; readonly limit: string; readonly mask: Mask },
  spec: JobSpec,
  workspace: Workspace,
): Promise<Outputs> {
  const outputs: Record<string, Output> = {};
  // Masked before it is cut: part of a secret could not be recognized any more.
  const quote = (text: string): string => shorten(mask.text(text), MAX_QUOTE);
  const values = await readValues(workspace.outputFile, quote);
  for (const [name, declared] of Object.entries(spec.outputs)) {
    if ('file' in declared) {
      outputs[name] = await storeFile(artifacts, workspace.workDir, name, declared.file, sizeBytes(limit));
      continue;
    }
    const value = values.get(name);
    if (value === undefined)
      throw new StepError('OUTPUT_MISSING', `output "${name}" was not written: the job must append ${name}=<json> to $LONGSHORE_OUTPUT`);
    if (!IS[declared.type](value)) {
      throw new StepError('OUTPUT_INVALID', `output "${name}" is ${quote(JSON.stringify(value))}, which is not of type ${declared.type}`);
    }
    outputs[name] = { value };
  }
  return outputs;
}

/** `name=json` a line; a later line for a name wins. Lines for names that the spec does not declare are left out by the caller. */
async function readValues(file: string, quote: (text: string) => string): Promise<ReadonlyMap<string, Json>> {
  const values = new Map<string, Json>();
  for (const [index, line] of (await readBounded(file)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    try {
      if (at < 1) throw new Error('no name');
      values.set(line.slice(0, at).trim(), JSON.parse(line.slice(at + 1)) as Json);
    } catch {
      throw new StepError('OUTPUT_INVALID', `line ${index + 1} of $LONGSHORE_OUTPUT, "${quote(line)}", is not name=<json>`);
    }
  }
  return values;
}

async function readBounded(file: string): Promise<string> {
  const handle = await openPlain(dirname(file), basename(file));
  if (handle === undefined) return '';
  try {
    const { size } = await handle.stat();
    if (size > MAX_VALUES_BYTES)
      throw new StepError('OUTPUT_INVALID', `$LONGSHORE_OUTPUT holds ${size} bytes; at most ${MAX_VALUES_BYTES} are allowed`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

async function storeFile(artifacts: ArtifactStore, workDir: string, name: string, file: string, maxBytes: number): Promise<Output> {
  const handle = await openPlain(workDir, file);
  if (handle === undefined) throw new StepError('OUTPUT_MISSING', `output "${name}": the job wrote no file ${file}`);
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) throw new StepError('OUTPUT_INVALID', `output "${name}": ${file} holds ${size} bytes; at most ${maxBytes} are allowed`);
    const stored = await artifacts.put(handle.createReadStream({ autoClose: false }), { maxBytes });
    return { ...stored, name: basename(file) };
  } finally {
    await handle.close();
  }
}

/**
 * Opens a regular file of the job inside `folder` and nothing else: a link, a pipe or a device in its place could lead anywhere or never
 * end. What was opened is checked, not what its path said before: a folder on the way may be a link too, and a hard link may lead to a
 * file of somebody else.
 */
async function openPlain(folder: string, file: string): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(join(folder, file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT') || hasCode(cause, 'ENOTDIR')) return undefined;
    if (hasCode(cause, 'ELOOP')) throw new StepError('OUTPUT_INVALID', `${file} is a link, not a file`, { cause });
    if (hasCode(cause, 'EACCES') || hasCode(cause, 'ENXIO')) throw new StepError('OUTPUT_INVALID', `${file} cannot be read`, { cause });
    throw cause;
  }
  try {
    const [opened, owner] = [await handle.stat(), (await stat(folder)).uid];
    if (!opened.isFile()) throw new StepError('OUTPUT_INVALID', `${file} is not a regular file`);
    const place = await readlink(`/proc/self/fd/${handle.fd}`);
    // The folder itself may have been replaced by a link; the one above is not the job's to change.
    if (!place.startsWith(join(await realpath(dirname(folder)), basename(folder)) + sep))
      throw new StepError('OUTPUT_INVALID', `${file} leads out of the working directory`);
    if (opened.nlink > 1 && opened.uid !== owner) throw new StepError('OUTPUT_INVALID', `${file} is a link to a file of another user`);
    return handle;
  } catch (cause) {
    await handle.close();
    throw cause;
  }
}
