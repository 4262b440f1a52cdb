// Finds a payload's program before anything starts, as a shell would: relative to the working directory, or on the job's PATH.
import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { StepError } from '../../specs/errors.ts';

/** PATH of a payload whose spec and cluster set none. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Absolute path of the program. Throws INTERPRETER_NOT_FOUND. */
export async function findProgram(program: string, path: string, workDir: string): Promise<string> {
  if (program.includes('/')) {
    const file = resolve(workDir, program);
    if (await isExecutable(file)) return file;
    throw new StepError('INTERPRETER_NOT_FOUND', `"${program}" is not an executable file on this worker`);
  }
  for (const folder of path.split(':')) {
    if (isAbsolute(folder) && (await isExecutable(join(folder, program)))) return join(folder, program);
  }
  throw new StepError('INTERPRETER_NOT_FOUND', `"${program}" was not found on this worker; PATH is ${path}`);
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
