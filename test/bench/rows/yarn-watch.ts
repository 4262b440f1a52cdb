// What a tick of watching costs for so many running applications, on a stub that answers as the real ResourceManager does.
import { mkdtemp, rm as remove, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { yarn } from '../../../src/adapters/yarn/index.ts';
import { attemptKey } from '../../../src/specs/identity.ts';
import { StubCluster } from '../../adapters/yarn/stub/cluster.ts';
import { sample, show } from '../sample.ts';
import type { Row } from '../table.ts';

const GIB = 2 ** 30;

export async function watchRow(count: number, ticks: number): Promise<Row> {
  const stub = await StubCluster.start();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'longshore-bench-watch-'));
  try {
    const mark = randomBytes(16).toString('hex');
    const keys = Array.from({ length: count }, (_, index) => attemptKey(`bench:${index}`, 'run', '', 1));
    const apps = stub.seed(count, [`longshore-${mark}`], (index) => keys[index]!).map(({ id }, index) => ({ id, key: keys[index]! }));
    const file = path.join(folder, 'apps.json');
    await writeFile(file, JSON.stringify({ mark, apps }));
    // In a process of its own: the stub's work is not the watcher's.
    const { stdout } = await execa(process.execPath, [path.join(import.meta.dirname, '../yarn-watched.ts'), stub.rm.url, String(ticks), file]);
    const { wall, cpu, peak } = JSON.parse(stdout) as { wall: number[]; cpu: number[]; peak: number };
    const used = sample(cpu.slice(1));
    const requests = stub.rm.requests.length / ticks;
    return {
      measure: `a tick of watching ${count.toLocaleString('en')} running applications`,
      ours: `${show(used, ' ms')} of CPU, ${show(sample(wall.slice(1)), ' ms')} in all, ${Math.round(peak / 2 ** 20)} MiB`,
      peer: `${requests} request`,
      ratio: `${((used.median / yarn.watchEveryMs) * 100).toFixed(0)} % of a core`,
      target: 'one request, ≤ 1 GiB',
      met: requests === 1 && peak <= GIB,
    };
  } finally {
    await stub.close();
    await remove(folder, { recursive: true, force: true });
  }
}
