// Builds longshore-am.jar: npm run build:am -- FOLDER, with a JDK of 17 or newer on the PATH and a folder with Hadoop's jars (YARN and HDFS
// client). The jar is committed, so that Longshore needs no JDK. The same sources and JDK make the same bytes.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { DIGEST_ENTRY, FOLDER, JAR, sources, sourcesDigest } from './sources.ts';

const [hadoop] = process.argv.slice(2);
if (hadoop === undefined) throw new Error('give the folder with the jars of Hadoop: npm run build:am -- FOLDER');
/** Runs a program of the JDK, in the folder of the classes. */
const jdk = (program: string, ...words: string[]) => execa(program, words, { cwd: out, stderr: 'inherit' });

const out = await mkdtemp(join(tmpdir(), 'longshore-am-'));
try {
  const files = sources().map((name) => join(FOLDER, name));
  // Java 8 on every version's JRE; newer Hadoop jars are of a newer Java, which only concerns the cluster's own.
  const flags = ['--release', '8', '-encoding', 'UTF-8', '-Xlint:all,-options,-classfile,-processing,-path,-try', '-proc:none'];
  await jdk('javac', ...flags, '-cp', join(resolve(hadoop), '*'), '-d', out, ...files);
  await writeFile(join(out, DIGEST_ENTRY), `${sourcesDigest()}\n`);
  const classes = await readdir(join(out, 'io/longshore/yarn'));
  const entries = [DIGEST_ENTRY, ...classes.map((name) => `io/longshore/yarn/${name}`)].toSorted();
  // Without a manifest, which would name the JDK.
  await jdk('jar', '--create', '--file', JAR, '--date', '2026-01-01T00:00:00Z', '--no-manifest', ...entries);
} finally {
  await rm(out, { recursive: true });
}
