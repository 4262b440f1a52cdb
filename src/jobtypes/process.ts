// What job types that run a program share: the environment of the cluster and the spec, and files by their place in the working directory.
import { basename, join, relative } from 'node:path';
import type { FileRef } from '../specs/fields.schema.ts';
import type { Container, LaunchPlan, ProcessPlan, Word } from './contract.ts';

interface ProcessOptions {
  /** Default process. */
  readonly template?: 'process' | 'builtin';
  /** Environment that the cluster's and the spec's win over. */
  readonly env?: ProcessPlan['env'];
}

/** A launch plan of a program. The environment is, later ones winning: the given one, the cluster's for this job type, the spec's. */
export function processPlan(container: Container<unknown>, argv: readonly Word[], options: ProcessOptions = {}): LaunchPlan {
  const { spec, cluster, workspace } = container;
  const env = { ...options.env, ...cluster.engines[spec.type]?.env, ...spec.env };
  return { template: options.template ?? 'process', outputPath: workspace.workDir, data: { argv, env } };
}

/** Brings a file into the working directory and gives the word that names it. */
export async function fetchWord(container: Container<unknown>, file: FileRef, to?: string): Promise<Word> {
  return { file: relative(container.workspace.workDir, await container.fetch(file, to)) };
}

/** The command line where the working directory is `workDir`. */
export const wordsAt = (workDir: string, argv: readonly Word[]): string[] =>
  argv.map((word) => (typeof word === 'string' ? word : join(workDir, word.file)));

/** Puts the files of a configuration into the working directory, under the paths given; those of a list into a folder, numbered in their order. */
export async function fetchFiles(container: Container<unknown>, files: Readonly<Record<string, FileRef | readonly FileRef[]>>): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    if (!isList(file)) {
      await container.fetch(file, path);
      continue;
    }
    const digits = String(file.length - 1).length;
    for (const [index, one] of file.entries()) await container.fetch(one, `${path}/${String(index).padStart(digits, '0')}-${nameOf(one)}`);
  }
}

const isList = (file: FileRef | readonly FileRef[]): file is readonly FileRef[] => Array.isArray(file);

/** The name that a file brings. */
const nameOf = (file: FileRef): string => (typeof file === 'object' ? (file.name ?? '') : basename(file.replace(/[?#].*/, ''))) || 'file';
