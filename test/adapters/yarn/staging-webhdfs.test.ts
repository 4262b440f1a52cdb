// Staging on HDFS: what the NameNode says counts only in its own words, a file is replaced in one step, and bytes go only to a node.
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectOutputs } from '../../../src/adapters/yarn/collect.ts';
import { createHttp, type Http } from '../../../src/adapters/yarn/http.ts';
import type { Staging } from '../../../src/adapters/yarn/staging/contract.ts';
import { webHdfsStaging } from '../../../src/adapters/yarn/staging/webhdfs.ts';
import { leaveTombstone, remainsOf, removeRemains, tombstoneOf } from '../../../src/adapters/yarn/tombstones.ts';
import { makeWorkspace, workspacePaths } from '../../../src/jobtypes/workspace.ts';
import { jobSpecSchema } from '../../../src/specs/job.schema.ts';
import { Bench, newKey } from './fixture.ts';
import { StubHdfs } from './stub/hdfs.ts';
import { textReply, type Fault } from './stub/server.ts';

let hdfs: StubHdfs;
let http: Http;
let staging: Staging;
beforeEach(async () => {
  hdfs = await StubHdfs.start(2);
  http = await createHttp(undefined);
  staging = webHdfsStaging(http, 'hdfs://nn:8020/staging', hdfs.addresses, 'alice');
});
afterEach(async () => {
  http.close();
  await hdfs.close();
});

const text = async (path: string): Promise<string | undefined> => {
  const file = await staging.open(path);
  return file && (await buffer(file.stream)).toString();
};

describe('a file', () => {
  it('is written for the user alone, whole, and in place of an older one', async () => {
    const file = await staging.write('attempts/k/try/ä b+', Buffer.from('first'));
    expect(file).toEqual({ uri: 'hdfs://nn:8020/staging/alice/attempts/k/try/ä b+', size: 5, timestamp: expect.any(Number) });
    expect(hdfs.entries.get('/staging/alice/attempts/k/try/ä b+')).toMatchObject({ owner: 'alice', mode: '600' });
    expect(hdfs.entries.get('/staging/alice')).toMatchObject({ owner: 'alice', mode: '700' });
    for (const uri of [file.uri, encodeURI(file.uri)]) expect(await staging.stat(uri)).toMatchObject({ size: 5 });
    await staging.write('attempts/k/try/ä b+', { stream: Readable.from([Buffer.from('sec'), Buffer.from('ond')]) });
    expect(await text('attempts/k/try/ä b+')).toBe('second');
    expect(hdfs.below('/staging/alice/attempts/k/try')).toHaveLength(1);
  });

  it('comes from the disk, too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'longshore-hdfs-'));
    await writeFile(join(folder, 'source'), Buffer.alloc(300_000, 'x'));
    expect(await staging.write('a', { file: join(folder, 'source') })).toMatchObject({ size: 300_000 });
    await rm(folder, { recursive: true });
  });

  it('is replaced in one step: there is no moment without it', async () => {
    await staging.write('ended/k', Buffer.from('note'));
    let seen = 0;
    hdfs.nameNodes[0]!.fault = () => {
      if (hdfs.entries.has('/staging/alice/ended/k')) seen += 1;
      else seen = Number.NaN;
      return undefined;
    };
    await staging.write('ended/k', Buffer.from('another'));
    expect(seen).toBeGreaterThan(2);
    expect(await text('ended/k')).toBe('another');
  });

  it('is replaced where the server knows no such step', async () => {
    hdfs.plainRename = true;
    for (const content of ['one', 'two']) await staging.write('ended/k', Buffer.from(content));
    expect(await text('ended/k')).toBe('two');
  });

  it('is never taken away because an answer got lost', async () => {
    await staging.write('ended/k', Buffer.from('note'));
    for (const [plain, there] of [
      [false, true],
      [true, true],
      [true, false],
    ] as const) {
      hdfs.plainRename = plain;
      if (!there) await staging.remove('ended/k');
      let lost = 0;
      hdfs.nameNodes[0]!.fault = ({ query }) => (query.get('op') === 'RENAME' && lost++ === 0 ? 'lose' : undefined);
      await staging.write('ended/k', Buffer.from('again')).catch((error: unknown) => expect(error).toMatchObject({ name: 'Unanswered' }));
      hdfs.nameNodes[0]!.fault = undefined;
      expect(await text('ended/k')).toMatch(/note|again/);
    }
  });

  it('that is not there is none; what is none is no error to remove', async () => {
    expect(await staging.open('attempts/k/out/values')).toBeUndefined();
    expect(await staging.list('attempts')).toEqual([]);
    expect(await staging.stat('hdfs://nn:8020/nowhere')).toBeUndefined();
    expect(await staging.stat('file:///etc/passwd')).toBeUndefined();
    await staging.remove('attempts/k');
    await staging.write('attempts/k/empty', Buffer.alloc(0));
    expect(await text('attempts/k/empty')).toBe('');
    await staging.remove('attempts/k');
    expect(hdfs.below('/staging/alice/attempts')).toEqual([]);
  });

  it('of another file system is not looked for in this one', async () => {
    hdfs.put('/data/x', 'ours');
    expect(await staging.stat('hdfs://nn:8020/data/x')).toMatchObject({ size: 4 });
    for (const ours of ['hdfs://nn/data/x', 'hdfs:///data/x']) expect(await staging.stat(ours)).toMatchObject({ size: 4 });
    for (const other of ['hdfs://other:8020/data/x', 'hdfs://nn:9000/data/x', 'hdfs:/data/x']) expect(await staging.stat(other)).toBeUndefined();
  });

  it.each(['../bob/x', 'attempts/../../bob/x', '/etc/passwd', 'a//b', '', '.'])('has no path that leads out of the folder: %j', async (path) => {
    await expect(staging.open(path)).rejects.toThrow('path');
    await expect(staging.write(path, Buffer.from('x'))).rejects.toThrow('path');
    await expect(staging.remove(path)).rejects.toThrow('path');
    expect(hdfs.nameNodes[0]!.requests).toEqual([]);
  });
});

describe('the NameNode', () => {
  it('that is active is found, and found again', async () => {
    for (const active of [1, 0]) {
      hdfs.active = active;
      await staging.write('a', Buffer.from('x'));
    }
    hdfs.active = undefined;
    await expect(staging.open('a')).rejects.toMatchObject({ name: 'Unanswered', message: expect.stringContaining('standby') });
    hdfs.active = 0;
    hdfs.nameNodes[1]!.fault = () => 'drop';
    expect(await text('a')).toBe('x');
  });

  it('refuses what is somebody else', async () => {
    hdfs.put('/staging/alice/attempts/k/file', 'x', { owner: 'bob' });
    const refused = { code: 'PREPARE_FAILED', retryable: false, message: expect.stringContaining('Permission denied: user=alice') };
    await expect(staging.open('attempts/k/file')).rejects.toMatchObject(refused);
    await expect(staging.list('attempts/k')).rejects.toMatchObject(refused);
    await expect(staging.remove('attempts/k/file')).rejects.toMatchObject(refused);
    await expect(staging.write('attempts/k/new', Buffer.from('x'))).rejects.toMatchObject(refused);
  });

  const nonsense: [string, ReturnType<Fault>][] = [
    ['a page, with 404', textReply('<html>', 404)],
    ['a page', textReply('<html>')],
    ['nothing', { status: 200 }],
    ['an error', textReply('no', 500)],
    ['other words', { status: 200, body: '{"boolean":"true"}' }],
    ['a closed connection', 'drop'],
  ];
  it.each(nonsense)('that says %s says nothing: no file is absent, and no tombstone', async (_, fault) => {
    await staging.write('ended/k', Buffer.from('note'));
    for (const server of hdfs.nameNodes) server.fault = () => fault;
    await expect(staging.open('ended/k')).rejects.toMatchObject({ name: 'Unanswered' });
    await expect(staging.list('ended')).rejects.toMatchObject({ name: 'Unanswered' });
    await expect(staging.remove('ended/k')).rejects.toMatchObject({ name: 'Unanswered' });
    await expect(tombstoneOf(staging, 'k')).rejects.toMatchObject({ name: 'Unanswered' });
  });
});

describe('the DataNode', () => {
  it.each(['http://169.254.169.254', 'http://[fe80::1]', 'file:///etc', 'http://user:pw@127.0.0.1:1'])('is not at %s', async (address) => {
    await staging.write('a', Buffer.from('x'));
    hdfs.dataAddress = address;
    await expect(staging.open('a')).rejects.toThrow('no address of a node');
    await expect(staging.write('b', Buffer.from('secret'))).rejects.toThrow('no address of a node');
  });

  it('that refuses is heard, and one that fails may come right', async () => {
    hdfs.dataNode.fault = () => ({
      status: 403,
      body: '{"RemoteException":{"exception":"DSQuotaExceededException","message":"The DiskSpace quota of /staging is exceeded\\n\\tat x"}}',
    });
    await expect(staging.write('a', Buffer.from('x'))).rejects.toMatchObject({
      code: 'PREPARE_FAILED',
      message: expect.stringMatching(/quota of \/staging is exceeded$/),
    });
    for (const fault of [{ status: 500 }, 'drop', { status: 200 }] as const) {
      hdfs.dataNode.fault = () => fault;
      await expect(staging.write('a', Buffer.from('x'))).rejects.toMatchObject({ name: 'Unanswered' });
    }
    hdfs.dataNode.fault = undefined;
    expect(await staging.open('a')).toBeUndefined();
  });

  it('that sends more than the file has brings no more into an output', async () => {
    const key = newKey();
    hdfs.put(`/staging/alice/attempts/${key}/out/files/0`, 'small');
    hdfs.dataNode.fault = () => ({ status: 200, body: 'x'.repeat(100_000) });
    const workspace = workspacePaths(await mkdtemp(join(tmpdir(), 'longshore-hdfs-')), key);
    await makeWorkspace(workspace);
    const spec = jobSpecSchema.parse({ name: 'x', type: 'shell', outputs: { a: { file: 'a' } } });
    const attempt = { spec, workspace, ref: { key } as never, cluster: {} as never };
    await expect(collectOutputs(staging, `attempts/${key}`, attempt, 1_000)).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  });
});

it('takes neither a folder nor a link for a file', async () => {
  hdfs.put('/staging/alice/link', '', { type: 'SYMLINK' });
  hdfs.put('/staging/alice/folder/x', '');
  for (const path of ['link', 'folder']) await expect(staging.open(path)).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
});

it('keeps tombstones, notes and what remains', async () => {
  const key = newKey();
  await leaveTombstone(staging, key);
  await leaveTombstone(staging, key, '{"ä":1}');
  await leaveTombstone(staging, key);
  expect(await tombstoneOf(staging, key)).toBe('{"ä":1}');
  expect((await remainsOf(staging, Date.now() + 1_000)).map((one) => one.key)).toEqual([key]);
  await removeRemains(staging, key);
  expect(await tombstoneOf(staging, key)).toBeUndefined();
});

it('carries a job of the adapter from start to clean', async () => {
  const bench = await Bench.start({ config: { staging: 'hdfs://nn:8020/staging', webhdfs: hdfs.addresses } });
  try {
    const { attempt, handle, id } = await bench.running({ user: 'alice', outputs: { a: { file: 'a.txt' } } });
    const files = hdfs.below(`/staging/alice/attempts/${attempt.ref.key}`).map((path) => path.split('/').at(-1));
    expect(files).toEqual(expect.arrayContaining(['longshore-am.jar', 'longshore-bundle.zip']));
    hdfs.put(`/staging/alice/attempts/${attempt.ref.key}/out/files/0`, 'result');
    bench.stub.end(id);
    await bench.adapter.note!(attempt, 'noted');
    expect(await (await bench.another()).noted!(attempt)).toBe('noted');
    await bench.adapter.clean(attempt, handle);
    expect(hdfs.below('/staging/alice').filter((path) => path.includes(attempt.ref.key))).toEqual([`/staging/alice/ended/${attempt.ref.key}`]);
    await expect(bench.launch(attempt)).rejects.toMatchObject({ code: 'START_REFUSED' });
  } finally {
    await bench.close();
  }
});
