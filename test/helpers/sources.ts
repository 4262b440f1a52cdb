// The project's source files and what each imports, for tests that hold the architecture.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One import statement: `target` is a file of the project (relative to its root) or a package or builtin. */
export interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}
export interface Source {
  /** Relative to the project's root. */
  readonly file: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const NOT_OURS = new Set(['node_modules', '.git', 'coverage', 'dist', '.longshore']);

/** Every file of the project, without what is installed or generated. */
export function projectFiles(folder = ''): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true }).filter(({ name }) => !NOT_OURS.has(name));
  const paths = entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? projectFiles(path) : entry.isFile() ? [path] : [];
  });
  return paths.sort();
}

export function sources(...folders: string[]): Source[] {
  return projectFiles()
    .filter((file) => file.endsWith('.ts') && folders.some((folder) => file.startsWith(`${folder}/`)))
    .map((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return { file, text, imports: importsOf(file, text) };
    });
}

/** `import … from`, `export … from`, `import('…')` and `import '…'`. */
const STATEMENT =
  /^(?:import|export)\s+(?<type>type\s)?(?<names>[^;'"]*?)\s*from\s+['"](?<from>[^'"]+)['"]|^import\s+['"](?<bare>[^'"]+)['"]|\bimport\(\s*['"](?<lazy>[^'"]+)['"]/gm;

function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(STATEMENT)].map(({ groups = {} }) => {
    const name = groups.from ?? groups.bare ?? groups.lazy ?? '';
    const target = name.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), name)) : name;
    return { target, typeOnly: groups.type !== undefined || allNamesAreTypes(groups.names) };
  });
}

function allNamesAreTypes(names: string | undefined): boolean {
  const list = /^\{(.*)\}$/s
    .exec(names?.trim() ?? '')?.[1]
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return list !== undefined && list.length > 0 && list.every((name) => name.startsWith('type '));
}
