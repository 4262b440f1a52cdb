// What jobs leave in the staging folder is found and removed whoever they ran as: else tombstones of other users would stay for ever.
import { mkdir, readdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Bench, newKey } from './fixture.ts';
import { StubHdfs } from './stub/hdfs.ts';

let bench: Bench;
let hdfs: StubHdfs | undefined;
afterEach(async () => {
  await bench.close();
  await hdfs?.close();
  hdfs = undefined;
});

it.each(['file', 'hdfs'])('of every user, on %s', async (scheme) => {
  hdfs = scheme === 'hdfs' ? await StubHdfs.start() : undefined;
  bench = await Bench.start(hdfs === undefined ? {} : { config: { staging: 'hdfs://nn:8020/staging', webhdfs: hdfs.addresses } });
  const own = userInfo().username;
  const jobs = [await bench.running({ user: 'alice' }), await bench.running({ user: 'bob' }), await bench.running({ user: own })];
  for (const { attempt, handle } of jobs) await bench.adapter.clean(attempt, handle);
  const keys = jobs.map(({ attempt }) => attempt.ref.key);
  expect(await bench.adapter.remains!(3_600_000)).toEqual([]);
  const found = await bench.adapter.remains!(-1_000);
  expect(found.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
  for (const { since } of found) expect(new Date(since).toISOString()).toBe(since);

  await bench.adapter.prune!([keys[0]!, '../../etc', newKey()], 0);
  expect((await bench.adapter.remains!(-1_000)).map(({ key }) => key).toSorted()).toEqual(keys.slice(1).toSorted());
  await bench.adapter.prune!(keys, 0);
  await bench.adapter.prune!(keys, 0);
  expect(await bench.adapter.remains!(-1_000)).toEqual([]);
});

it('is nothing where nothing was ever staged, and of no folder that is none of a user', async () => {
  bench = await Bench.start();
  expect(await bench.adapter.remains!(-1_000)).toEqual([]);
  const { attempt, handle } = await bench.running({ user: 'alice' });
  await bench.adapter.clean(attempt, handle);
  for (const folder of ['.hidden', 'Not A User']) await mkdir(join(bench.home(folder), 'ended', newKey()), { recursive: true });
  expect((await bench.adapter.remains!(-1_000)).map(({ key }) => key)).toEqual([attempt.ref.key]);
  await bench.adapter.prune!([attempt.ref.key], 0);
  expect(await readdir(join(bench.home('alice'), 'ended'))).toEqual([]);
});

it('of others is found where somebody has put a folder in the place of a user', async () => {
  hdfs = await StubHdfs.start();
  bench = await Bench.start({ config: { staging: 'hdfs://nn:8020/staging', webhdfs: hdfs.addresses } });
  hdfs.put('/staging/bob/ended/x', '', { owner: 'mallory' });
  const { attempt, handle } = await bench.running({ user: 'carol' });
  await bench.adapter.clean(attempt, handle);
  expect((await bench.adapter.remains!(-1_000)).map(({ key }) => key)).toEqual([attempt.ref.key]);
  hdfs.nameNodes[0]!.fault = ({ path }) => (path.includes('carol') ? 'drop' : undefined);
  await expect(bench.adapter.remains!(-1_000)).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
});
