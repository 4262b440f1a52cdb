// Hadoop's jars from Maven Central, each compared with the list of SHA-256 sums in the project, and our own classes.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../cache.ts';
import { need, run } from '../tools.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
export const SUMS = here('jars.sha256');
const JAVA = ['java/Servers.java', 'java/ShellMaster.java'].map(here);

/** Folder with the jars of pom.xml. */
export async function hadoopJars(say: (line: string) => void): Promise<string> {
  const [pom, sums] = await Promise.all([readFile(here('pom.xml'), 'utf8'), readFile(SUMS, 'utf8')]);
  return await cached('hadoop', [pom, sums], async (folder) => {
    say('downloading Hadoop from Maven Central (about 100 MB)');
    await download(folder);
    mustMatch(sums, await sumsOf(folder));
  });
}

/** Lets Maven put the jars into a folder. */
export async function download(folder: string): Promise<void> {
  need('java', 'javac', 'mvn');
  // A copy: Maven writes a folder "target" beside the file.
  const pom = join(folder, 'pom.xml');
  await copyFile(here('pom.xml'), pom);
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  await run('mvn', ['-B', '-q', '-f', pom, goal, `-DoutputDirectory=${folder}`, '-DincludeScope=runtime'], folder);
  await rm(pom);
}

/** Lines as sha256sum writes them, by name. */
export async function sumsOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort();
  const lines = await Promise.all(names.map(async (name) => `${await sumOf(join(folder, name))}  ${name}\n`));
  return lines.join('');
}

async function sumOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Throws an error that names every file that is missing, too many or not the same. */
export function mustMatch(expected: string, found: string): void {
  const [wanted, got] = [byName(expected), byName(found)];
  const wrong = [...new Set([...wanted.keys(), ...got.keys()])].filter((name) => wanted.get(name) !== got.get(name));
  if (wrong.length === 0) return;
  const lines = wrong.map((name) => `  ${name}: ${wanted.get(name) ?? 'not in the list'}, downloaded: ${got.get(name) ?? 'nothing'}`);
  throw new Error(`what Maven downloaded is not what test/clusters/yarn/jars.sha256 lists:\n${lines.join('\n')}`);
}

const byName = (sums: string): Map<string, string> => new Map([...sums.matchAll(/^(\w+) {2}(.+)$/gm)].map(([, sum = '', name = '']) => [name, sum]));

/** A jar with our classes, and with the empty folders that Hadoop's HDFS servers want of a web application that Maven Central lacks. */
export async function ourJar(javaHome: string, javaVersion: string, jars: string): Promise<string> {
  const sources = await Promise.all(JAVA.map((file) => readFile(file, 'utf8')));
  const folder = await cached('yarn-classes', [javaVersion, jars, ...sources], async (folder) => {
    const classes = join(folder, 'classes');
    await Promise.all(['hdfs', 'datanode'].map((name) => mkdir(join(classes, 'webapps', name), { recursive: true })));
    await run(join(javaHome, 'bin', 'javac'), ['-cp', join(jars, '*'), '-d', classes, ...JAVA]);
    await run(join(javaHome, 'bin', 'jar'), ['cf', join(folder, 'yarn-cluster.jar'), '-C', classes, '.']);
    await rm(classes, { recursive: true });
  });
  return join(folder, 'yarn-cluster.jar');
}
