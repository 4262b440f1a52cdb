// `npm run cluster:yarn:checksums`, after a change of pom.xml: downloads the jars and writes jars.sha256. Look at what it changed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download, SUMS, sumsOf } from './jars.ts';

const folder = await mkdtemp(join(tmpdir(), 'longshore-jars-'));
try {
  await download(folder);
  await writeFile(SUMS, await sumsOf(folder));
} finally {
  await rm(folder, { recursive: true, force: true });
}
