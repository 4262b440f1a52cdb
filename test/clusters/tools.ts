// The programs that a cluster needs from the machine.
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const NEEDS = {
  java: 'a Java Development Kit, 17 or newer (Debian: openjdk-17-jdk-headless)',
  javac: 'a Java Development Kit, 17 or newer (Debian: openjdk-17-jdk-headless)',
  mvn: 'Apache Maven (Debian: maven)',
  python3: 'Python 3.10 or newer with venv (Debian: python3-venv)',
} as const;
type Tool = keyof typeof NEEDS;

/** Throws one error that names everything missing and how to get it. */
export function need(...tools: readonly Tool[]): void {
  const missing = tools.filter((tool) => find(tool) === undefined);
  if (missing.length === 0) return;
  const wanted = [...new Set(missing.map((tool) => NEEDS[tool]))];
  throw new Error(`this machine lacks ${missing.join(', ')} on its PATH: install ${wanted.join(' and ')}`);
}

/** The JDK that JAVA_HOME or else the PATH names. Throws when it is too old. */
export async function findJava(): Promise<{ readonly home: string; readonly version: string }> {
  need('java', 'javac');
  const home = dirname(dirname(realpathSync(find('javac')!)));
  const version = (await run(join(home, 'bin', 'java'), ['-Xshare:auto', '-version'])).stderr;
  const major = Number(/version "(\d+)/.exec(version)?.[1]);
  if (!(major >= 17)) throw new Error(`Java in ${home} is too old (${version.split('\n')[0]}): install ${NEEDS.java}`);
  return { home, version };
}

function find(tool: Tool): string | undefined {
  const java = process.env.JAVA_HOME && tool.startsWith('java') ? [join(process.env.JAVA_HOME, 'bin')] : [];
  return [...java, ...(process.env.PATH ?? '').split(delimiter)].map((folder) => join(folder, tool)).find((file) => existsSync(file));
}

const promised = promisify(execFile);
/** Runs a program to its end; throws with what it said when it fails. */
export async function run(program: string, args: readonly string[], cwd?: string): Promise<{ stdout: string; stderr: string }> {
  try {
    return await promised(program, args, { maxBuffer: 64 * 1024 * 1024, ...(cwd !== undefined && { cwd }) });
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message.split('\n')[0]}\n${`${stdout}${stderr}`.slice(-4_000)}`, { cause: error });
  }
}
