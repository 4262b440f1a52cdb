// Spark from PyPI, for clients that submit to the cluster.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFile, readdir } from 'node:fs/promises';
import { cached } from '../cache.ts';
import { need, run } from '../tools.ts';

export interface Spark {
  /** SPARK_HOME */
  readonly home: string;
  /** PYSPARK_PYTHON, with pyspark. */
  readonly python: string;
}

const REQUIREMENTS = fileURLToPath(new URL('spark-requirements.txt', import.meta.url));

export async function provideSpark(say: (line: string) => void): Promise<Spark> {
  need('python3');
  const { stdout: version } = await run('python3', ['--version']);
  const folder = await cached('spark', [version, await readFile(REQUIREMENTS, 'utf8')], async (folder) => {
    say('downloading and installing Spark from PyPI (456 MB; a few minutes)');
    await run('python3', ['-m', 'venv', folder]);
    await run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', '--require-hashes', '-r', REQUIREMENTS]);
  });
  const [python = ''] = (await readdir(join(folder, 'lib'))).filter((name) => name.startsWith('python3'));
  return { home: join(folder, 'lib', python, 'site-packages', 'pyspark'), python: join(folder, 'bin', 'python') };
}
