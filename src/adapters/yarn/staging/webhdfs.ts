// Staging on HDFS by WebHDFS: https://hadoop.apache.org/docs/stable/hadoop-project-dist/hadoop-hdfs/WebHDFS.html
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { z } from 'zod';
import { StepError } from '../../../specs/errors.ts';
import { readException } from '../answers.ts';
import { ignoreBody, readJson, Unanswered, type Answer, type Http, type Request } from '../http.ts';
import { USER } from '../../../specs/patterns.ts';
import type { LocalResource } from '../submission.ts';
import { checkPath, type Staging } from './contract.ts';

const statusSchema = z.object({ pathSuffix: z.string(), type: z.enum(['FILE', 'DIRECTORY', 'SYMLINK']), length: z.int(), modificationTime: z.int() });
const fileSchema = z.object({ FileStatus: statusSchema });
const listSchema = z.object({ FileStatuses: z.object({ FileStatus: z.array(statusSchema) }) });
const doneSchema = z.object({ boolean: z.boolean() });
/** A rename over a file is answered with no word at all. */
const renamedSchema = z.union([z.undefined().transform(() => true), doneSchema.transform(({ boolean }) => boolean)]);

/** Where the NameNode sends for the bytes. */
function redirect(answer: Answer, path: string): URL {
  ignoreBody(answer);
  if (answer.status !== 307 || answer.location === undefined || !URL.canParse(answer.location))
    throw new Unanswered(`the NameNode names no DataNode for ${path}: status ${answer.status}`);
  return new URL(answer.location);
}

/** `root`: hdfs://namenode/folder; `nameNodes`: their web addresses, the active one is found. */
export function webHdfsStaging(http: Http, root: string, nameNodes: readonly string[], user: string): Staging {
  const { origin, folder } = splitRoot(root);
  const home = posix.join(folder, user);
  const at = (path: string): string => {
    checkPath(path);
    return posix.join(home, path);
  };
  let active = 0;

  async function ask(path: string, op: string, request: Request = {}, parameters: Record<string, string> = {}): Promise<Answer> {
    const query = new URLSearchParams({ op, 'user.name': user, ...parameters });
    let problem = new Unanswered('there is no NameNode');
    for (let tried = 0; tried < 2 * nameNodes.length; tried++) {
      const address = nameNodes[(active + tried) % nameNodes.length]!;
      const url = new URL(`${address.replace(/\/$/, '')}/webhdfs/v1${path.split('/').map(encodeURIComponent).join('/')}?${query.toString()}`);
      try {
        const answer = await http.send(url, request);
        if (answer.status === 403 || answer.status >= 500) {
          const { name, message } = readException(await readJson(answer)) ?? { name: '', message: `status ${answer.status}` };
          if (!/standby|retriable|safemode/i.test(name) && answer.status === 403) throw refused(path, message);
          problem = new Unanswered(`NameNode ${address} cannot do it now: ${message.split('\n')[0]!}`);
          continue;
        }
        active = (active + tried) % nameNodes.length;
        return answer;
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        problem = error;
      }
    }
    throw problem;
  }

  /** The JSON of an answer; undefined when the path is not there. */
  async function read<T>(
    schema: z.ZodType<T>,
    path: string,
    op: string,
    request: Request = {},
    parameters?: Record<string, string>,
  ): Promise<T | undefined> {
    const answer = await ask(path, op, request, parameters);
    const json = await readJson(answer);
    if (answer.status === 404) {
      // Any other 404 may be that of a server that is no NameNode, and what is not seen is not there: a tombstone, for one.
      if (readException(json)?.name === 'FileNotFoundException') return undefined;
      throw new Unanswered('the NameNode gave an answer that cannot be read');
    }
    if (answer.status >= 300) throw refused(path, readException(json)?.message ?? `status ${answer.status}`);
    const parsed = schema.safeParse(json);
    if (!parsed.success) throw new Unanswered('the NameNode gave an answer that cannot be read');
    return parsed.data;
  }

  async function statAt(path: string): Promise<LocalResource | undefined> {
    const found = (await read(fileSchema, path, 'GETFILESTATUS'))?.FileStatus;
    return found && { uri: origin + path, size: found.length, timestamp: found.modificationTime };
  }

  /** One step, so that there is no moment without the one that was there; a server that knows no such step needs two. */
  async function replace(staged: string, target: string): Promise<void> {
    const rename = (how: Record<string, string>) => read(renamedSchema, staged, 'RENAME', { method: 'PUT' }, { destination: target, ...how });
    const renamed = await rename({ renameoptions: 'OVERWRITE' });
    if (renamed === true) return;
    // A try whose answer was lost may have put it there: then this one has nothing to rename, and takes nothing away.
    if (renamed === undefined || (await statAt(staged)) === undefined) throw new Unanswered(`${staged} is gone: its renaming may have been done`);
    await read(doneSchema, target, 'DELETE', { method: 'DELETE' });
    if ((await rename({})) !== true) throw new Unanswered(`${target} cannot be put in its place`);
  }

  return {
    uri: (path) => origin + at(path),

    async write(path, content, signal) {
      const target = at(path);
      await read(doneSchema, posix.dirname(target), 'MKDIRS', { method: 'PUT' }, { permission: '700' });
      const staged = `${target}.${randomUUID()}`;
      const source = Buffer.isBuffer(content) ? content : 'file' in content ? createReadStream(content.file) : content.stream;
      const node = redirect(await ask(staged, 'CREATE', { method: 'PUT', signal }, { permission: '600', overwrite: 'true' }), path);
      const written = await http.send(node, { method: 'PUT', content: source, signal, named: true });
      if (written.status !== 201) throw await unwritten(written, path);
      ignoreBody(written);
      await replace(staged, target);
      const found = await statAt(target);
      if (found === undefined) throw new Unanswered(`${path} is gone again`);
      return found;
    },

    async open(path) {
      const found = (await read(fileSchema, at(path), 'GETFILESTATUS'))?.FileStatus;
      if (found === undefined) return undefined;
      if (found.type !== 'FILE') throw new StepError('OUTPUT_INVALID', `${path} is not a file`);
      if (found.length === 0) return { size: 0, stream: Readable.from([]) };
      const answer = await http.send(redirect(await ask(at(path), 'OPEN'), path), { named: true });
      if (answer.status !== 200) {
        ignoreBody(answer);
        throw new Unanswered(`the DataNode answers ${answer.status} when asked for ${path}`);
      }
      return { size: found.length, stream: answer.body };
    },

    async list(path) {
      const found = (await read(listSchema, at(path), 'LISTSTATUS'))?.FileStatuses.FileStatus ?? [];
      return found.map(({ pathSuffix, type, length, modificationTime }) => ({
        name: pathSuffix,
        folder: type === 'DIRECTORY',
        size: length,
        changed: modificationTime,
      }));
    },

    async users() {
      const found = (await read(listSchema, folder, 'LISTSTATUS'))?.FileStatuses.FileStatus ?? [];
      return found.flatMap(({ pathSuffix, type }) => (type === 'DIRECTORY' && USER.test(pathSuffix) ? [pathSuffix] : []));
    },

    async remove(path) {
      await read(doneSchema, at(path), 'DELETE', { method: 'DELETE' }, { recursive: 'true' });
    },

    // Everything is written as the user, so it is the user's.
    give: async () => {},

    async stat(uri) {
      const [, authority, path] = /^hdfs:\/\/([^/]*)(\/.*)$/.exec(uri) ?? [];
      if (path === undefined || (authority !== '' && withPort(`hdfs://${authority}`) !== withPort(origin))) return undefined;
      return await statAt(decoded(path));
    },
  };
}

/** 8020 where none is named. */
const withPort = (origin: string): string => (/:\d+$/.test(origin) ? origin : `${origin}:8020`);

/** A path as a URI has it; as it is, where that is none. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Why a DataNode has not taken the bytes: what it says by its exception is for good. */
async function unwritten(answer: Answer, path: string): Promise<Error> {
  const said = readException(await readJson(answer));
  if (answer.status !== 403 || said === undefined) return new Unanswered(`the DataNode answers ${answer.status} to the bytes of ${path}`);
  return refused(path, said.message);
}

const refused = (path: string, message: string): StepError => new StepError('PREPARE_FAILED', `HDFS refuses ${path}: ${message.split('\n')[0]!}`);

function splitRoot(root: string): { origin: string; folder: string } {
  const [, origin = '', folder = '/'] = /^(hdfs:\/\/[^/]+)(\/.*)$/.exec(root) ?? [];
  return { origin, folder: folder.replace(/\/+$/, '') };
}
