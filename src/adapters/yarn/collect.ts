// Brings what a job has left in its staging folder's `out` to the worker: a file as it is, a folder of Spark's as its part files in order.
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StepError } from '../../specs/errors.ts';
import type { JobSpec } from '../../specs/job.schema.ts';
import type { Attempt } from '../contract.ts';
import type { Staging } from './staging/contract.ts';

/** Larger than what Submit takes, so that it sees that there is too much. */
const MAX_VALUES = 1024 * 1024;

/** Paths of the declared output files, in one order. */
export const fileOutputs = ({ outputs }: JobSpec): string[] => Object.values(outputs).flatMap((output) => ('file' in output ? [output.file] : []));

/** `folder`: the attempt's folder. What is not there is not brought. Throws OUTPUT_INVALID for what is too large or no file. */
export async function collectOutputs(staging: Staging, folder: string, { spec, workspace }: Attempt, maxBytes: number): Promise<void> {
  const out = `${folder}/out`;
  await bring(staging, `${out}/values`, workspace.outputFile, MAX_VALUES);
  const files = fileOutputs(spec);
  for (const [index, file] of files.entries()) {
    const target = join(workspace.workDir, file);
    // Our application master names files by their place in the list; a job that writes there itself by their own path.
    if (!(await bring(staging, `${out}/files/${index}`, target, maxBytes))) await bring(staging, `${out}/${normalize(file)}`, target, maxBytes);
  }
}

const tooLarge = (path: string, maxBytes: number): StepError => new StepError('OUTPUT_INVALID', `output ${path} holds more than ${maxBytes} bytes`);

/** False when nothing is there. */
async function bring(staging: Staging, path: string, target: string, maxBytes: number): Promise<boolean> {
  const parts = await partsOf(staging, path);
  if (parts.length === 0) return false;
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  let size = 0;
  for (const [index, part] of parts.entries()) {
    const file = await staging.open(part);
    if (file === undefined) continue;
    const left = maxBytes - size;
    size += file.size;
    if (file.size > left) {
      file.stream.destroy();
      throw tooLarge(path, maxBytes);
    }
    // The server that gives it may not keep to the size.
    const limited = async function* (bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      let read = 0;
      for await (const chunk of bytes) {
        if ((read += chunk.length) > left) throw tooLarge(path, maxBytes);
        yield chunk;
      }
    };
    await pipeline(file.stream, limited, createWriteStream(target, { flags: index === 0 ? 'wx' : 'a', mode: 0o600 }));
  }
  return true;
}

async function partsOf(staging: Staging, path: string): Promise<string[]> {
  const slash = path.lastIndexOf('/');
  const found = (await staging.list(path.slice(0, slash))).find(({ name }) => name === path.slice(slash + 1));
  if (found === undefined) return [];
  if (!found.folder) return [path];
  const parts = (await staging.list(path)).filter(({ name, folder }) => !folder && name.startsWith('part-')).map(({ name }) => name);
  return parts.toSorted().map((name) => `${path}/${name}`);
}
