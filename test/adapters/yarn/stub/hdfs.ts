/**
 * A stub of HDFS by WebHDFS that answers as a real one does (recorded from Hadoop 3.5): NameNodes, of which one is active, and a DataNode, with
 * owners and permissions. Files are kept in memory.
 */
import { posix } from 'node:path';
import { exceptionReply, jsonReply, StubServer, type Asked, type Reply } from './server.ts';

interface Entry {
  readonly type: 'FILE' | 'DIRECTORY' | 'SYMLINK';
  readonly owner: string;
  readonly mode: string;
  readonly modificationTime: number;
  readonly fileId: number;
  content: Buffer;
}

const EMPTY: Reply = { status: 200, headers: { 'Content-Type': 'application/octet-stream' } };
const done = (boolean: boolean): Reply => jsonReply({ boolean });
const remote = (status: number, name: string, message: string): Reply => ({
  ...jsonReply({ RemoteException: { exception: name, javaClassName: `org.apache.hadoop.${name}`, message } }, status),
});

export class StubHdfs {
  readonly entries = new Map<string, Entry>();
  nameNodes: StubServer[] = [];
  readonly dataNode: StubServer = new StubServer((asked) => this.#store(asked));
  active: number | undefined = 0;
  /** HttpFS, and releases that do not know renameoptions. */
  plainRename = false;
  /** Where the NameNode sends for bytes; default: the DataNode. */
  dataAddress: string | undefined;
  #fileId = 16_385;

  static async start(nameNodes = 1): Promise<StubHdfs> {
    const stub = new StubHdfs();
    stub.#put('/', 'DIRECTORY', 'hdfs', '755');
    stub.#put('/staging', 'DIRECTORY', 'hdfs', '1777');
    stub.nameNodes = Array.from({ length: nameNodes }, (_, index) => new StubServer((asked) => stub.#answer(index, asked)));
    await Promise.all([...stub.nameNodes, stub.dataNode].map((server) => server.listen()));
    return stub;
  }

  async close(): Promise<void> {
    await Promise.all([...this.nameNodes, this.dataNode].map((server) => server.close()));
  }

  get addresses(): string[] {
    return this.nameNodes.map(({ url }) => url);
  }

  /** Paths of all that is below a folder. */
  below(folder: string): string[] {
    return [...this.entries.keys()].filter((path) => path.startsWith(`${folder}/`)).toSorted();
  }

  /** Puts something there as if a job had. */
  put(path: string, content: string | Buffer, { owner = 'alice', type = 'FILE' }: { owner?: string; type?: Entry['type'] } = {}): void {
    this.#folders(posix.dirname(path), owner, '700');
    this.#put(path, type, owner, '600', Buffer.from(content));
  }

  #put(path: string, type: Entry['type'], owner: string, mode: string, content: Buffer = Buffer.alloc(0)): void {
    this.entries.set(path, { type, owner, mode, modificationTime: Date.now(), fileId: ++this.#fileId, content });
  }

  #folders(path: string, owner: string, mode: string): void {
    if (this.entries.has(path)) return;
    this.#folders(posix.dirname(path), owner, mode);
    this.#put(path, 'DIRECTORY', owner, mode);
  }

  /** What keeps this user from this path: a folder above that is somebody else's, or none. */
  #hindrance(path: string, user: string): Reply | undefined {
    for (let above = posix.dirname(path); ; above = posix.dirname(above)) {
      const entry = this.entries.get(above);
      if (entry !== undefined && entry.type !== 'DIRECTORY') return remote(403, 'ParentNotDirectoryException', `${above} (is not a directory)`);
      if (entry !== undefined && entry.owner !== user && !/[1357]$/.test(entry.mode)) {
        const bits = entry.mode === '700' ? 'drwx------' : `d${entry.mode}`;
        const message = `Permission denied: user=${user}, access=EXECUTE, inode="${above}":${entry.owner}:supergroup:${bits}`;
        return remote(403, 'AccessControlException', message);
      }
      if (above === '/') return undefined;
    }
  }

  #answer(index: number, { method, path: full, query }: Asked): Reply {
    if (this.active !== index)
      return remote(403, 'StandbyException', 'Operation category READ is not supported in state standby. Visit https://s.apache.org/sbnn-error');
    const path = decodeURIComponent(full.replace('/webhdfs/v1', '')) || '/';
    const user = query.get('user.name') ?? 'dr.who';
    const op = `${method} ${query.get('op')}`;
    const bytes = op === 'PUT CREATE' || op === 'GET OPEN';
    const hindrance = op === 'PUT CREATE' ? undefined : this.#hindrance(path, user);
    if (hindrance !== undefined) return hindrance;
    const entry = this.entries.get(path);
    const absent = (): Reply => remote(404, 'FileNotFoundException', `File does not exist: ${path}`);
    if (bytes) {
      if (op === 'GET OPEN' && entry === undefined) return absent();
      const location = `${this.dataAddress ?? this.dataNode.url}/webhdfs/v1${full.replace('/webhdfs/v1', '')}?${query.toString()}&namenoderpcaddress=nn:8020`;
      return { status: 307, headers: { Location: location, 'Content-Type': 'application/octet-stream' } };
    }
    switch (op) {
      case 'PUT MKDIRS':
        if (entry !== undefined && entry.type !== 'DIRECTORY') return remote(403, 'FileAlreadyExistsException', `Path is not a directory: ${path}`);
        this.#folders(path, user, query.get('permission') ?? '755');
        return done(true);
      case 'PUT RENAME':
        return this.#rename(path, query);
      case 'DELETE DELETE':
        return this.#delete(path, query.get('recursive') === 'true');
      case 'GET GETFILESTATUS':
        return entry === undefined ? absent() : jsonReply({ FileStatus: status('', entry) });
      case 'GET LISTSTATUS': {
        if (entry === undefined) return remote(404, 'FileNotFoundException', `File ${path} does not exist.`);
        if (entry.type === 'FILE') return jsonReply({ FileStatuses: { FileStatus: [status('', entry)] } });
        const found = [...this.entries].filter(([one]) => one !== '/' && posix.dirname(one) === path);
        return jsonReply({ FileStatuses: { FileStatus: found.map(([one, each]) => status(posix.basename(one), each)) } });
      }
      default:
        return exceptionReply(400, 'IllegalArgumentException', `Invalid value for webhdfs parameter "op": ${op}`, 'java.lang');
    }
  }

  /** Over a file only when it is asked for in so many words, and then without a word of answer. */
  #rename(from: string, query: URLSearchParams): Reply {
    const to = query.get('destination') ?? '';
    const overwrite = query.get('renameoptions') === 'OVERWRITE' && !this.plainRename;
    const entry = this.entries.get(from);
    if (entry === undefined) return overwrite ? remote(404, 'FileNotFoundException', `rename source ${from} is not found.`) : done(false);
    if (!this.entries.has(posix.dirname(to)) || (this.entries.has(to) && !overwrite)) return done(false);
    this.entries.delete(from);
    this.entries.set(to, entry);
    return overwrite ? EMPTY : done(true);
  }

  #delete(path: string, recursive: boolean): Reply {
    const below = this.below(path);
    if (below.length > 0 && !recursive) return remote(403, 'PathIsNotEmptyDirectoryException', `\`${path} is non empty': Directory is not empty`);
    for (const one of below) this.entries.delete(one);
    return done(this.entries.delete(path));
  }

  #store({ method, path: full, query, body }: Asked): Reply {
    const path = decodeURIComponent(full.replace('/webhdfs/v1', ''));
    const user = query.get('user.name') ?? 'dr.who';
    const hindrance = this.#hindrance(path, user);
    if (hindrance !== undefined) return hindrance;
    if (method === 'GET') return { status: 200, headers: { 'Content-Type': 'application/octet-stream' }, body: this.entries.get(path)!.content };
    this.#put(path, 'FILE', user, query.get('permission') ?? '644', body);
    return { status: 201, headers: { Location: `hdfs://nn:8020${path}` } };
  }
}

const status = (pathSuffix: string, { type, owner, mode, modificationTime, fileId, content }: Entry): object => ({
  accessTime: modificationTime,
  blockSize: 134_217_728,
  childrenNum: 0,
  fileId,
  group: 'supergroup',
  length: content.length,
  modificationTime,
  owner,
  pathSuffix,
  permission: mode,
  replication: 1,
  storagePolicy: 0,
  type,
});
