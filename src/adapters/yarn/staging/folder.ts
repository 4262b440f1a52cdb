// Staging on a file system that the workers and all nodes share.
import { createWriteStream, constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { userInfo } from 'node:os';
import { removeFolder } from '../../../jobtypes/remove-folder.ts';
import { runTool } from '../../../jobtypes/tools.ts';
import { StepError, hasCode } from '../../../specs/errors.ts';
import { USER } from '../../../specs/patterns.ts';
import type { LocalResource } from '../submission.ts';
import { checkPath, type Content, type Staging } from './contract.ts';

const absent = (error: unknown): undefined => {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
  throw error;
};

async function resourceAt(file: string): Promise<LocalResource> {
  const { size, mtimeMs } = await stat(file);
  return { uri: pathToFileURL(file).href, size, timestamp: Math.floor(mtimeMs) };
}

async function writeTo(file: string, content: Content, signal: AbortSignal | undefined): Promise<void> {
  if (Buffer.isBuffer(content)) return await writeFile(file, content, { flag: 'wx', mode: 0o600 });
  const source = 'file' in content ? createReadStream(content.file) : content.stream;
  await pipeline(source, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { ...(signal && { signal }) });
}

/** Makes a folder and those above it that are not there: containers of every user pass through, and none looks in. */
async function makeThrough(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o711 });
  if (made === undefined) return;
  // The worker's umask may have taken from the mode.
  for (let at = folder; at.startsWith(made); at = dirname(at)) await chmod(at, 0o711);
}

/** `root`: the staging folder. Folders are the worker's own until `give`, so that no job can lead it elsewhere by a link. */
export function folderStaging(root: string, user: string): Staging {
  const home = join(root, user);
  const at = (path: string): string => {
    checkPath(path);
    return join(home, path);
  };

  return {
    uri: (path) => pathToFileURL(at(path)).href,

    async write(path, content, signal) {
      const file = at(path);
      await makeThrough(dirname(file));
      const staged = `${file}.${randomUUID()}`;
      try {
        await writeTo(staged, content, signal);
        await rename(staged, file);
      } catch (error) {
        await rm(staged, { force: true });
        throw error;
      }
      return await resourceAt(file);
    },

    async open(path) {
      const link = (): StepError => new StepError('OUTPUT_INVALID', `${path} is a link, not a file of the job's own`);
      const handle = await open(at(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: unknown) => {
        if (hasCode(error, 'ELOOP')) throw link();
        return absent(error);
      });
      if (handle === undefined) return undefined;
      const found = await handle.stat();
      const place = await readlink(`/proc/self/fd/${handle.fd}`);
      // Where it is, whatever folders above it were replaced by links; and no second name of a file elsewhere.
      if (!found.isFile() || found.nlink > 1 || place !== join(await realpath(home), path)) {
        await handle.close();
        throw link();
      }
      if (found.size > 0) return { size: found.size, stream: handle.createReadStream({ start: 0, end: found.size - 1 }) };
      await handle.close();
      return { size: 0, stream: Readable.from([]) };
    },

    async list(path) {
      const names = (await readdir(at(path)).catch(absent)) ?? [];
      const found = await Promise.all(names.map(async (name) => ({ name, stat: await lstat(join(at(path), name)).catch(absent) })));
      return found.flatMap(({ name, stat }) =>
        stat === undefined ? [] : [{ name, folder: stat.isDirectory(), size: stat.size, changed: Math.floor(stat.mtimeMs) }],
      );
    },

    async users() {
      const entries = (await readdir(root, { withFileTypes: true }).catch(absent)) ?? [];
      return entries.flatMap((entry) => (entry.isDirectory() && USER.test(entry.name) ? [entry.name] : []));
    },

    remove: async (path) => removeFolder(at(path)),

    async give(path) {
      const folder = at(path);
      await makeThrough(folder);
      // A job's earlier try may have put a link there; what is given is what is changed.
      if (!(await lstat(folder)).isDirectory()) throw new StepError('PREPARE_FAILED', `${path} is no folder`);
      await chmod(folder, 0o700);
      const root = 0;
      if (process.getuid!() !== root || user === userInfo().username) return;
      // Where no such user is on this machine, the nodes' own user reads the files; then its rights decide.
      const known = await runTool('id', ['-u', '--', user]);
      if (known.failed) return;
      const given = await runTool('chown', ['-RhP', `${user}:`, '--', at(path)]);
      if (given.failed) throw new StepError('PREPARE_FAILED', `the staging folder cannot be given to ${user}: ${given.stderr}`, { retryable: true });
    },

    async stat(uri) {
      if (!uri.startsWith('file:///')) return undefined;
      return await resourceAt(fileURLToPath(uri)).catch(absent);
    },
  };
}
