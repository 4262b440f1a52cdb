import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { projectFiles, ROOT, sources, type Source } from './helpers/sources.ts';

const src = sources('src');
const everywhere = [...src, ...sources('test', 'examples')];

/** The layer of a file: its folder under src, or the file itself. */
const layerOf = (file: string): string => file.split('/')[1]!.replace(/\.ts$/, '');

/** What each layer may import at run time; types may come from these and from contracts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  specs: [],
  'crash-points': [],
  'start-error': [],
  plugins: ['specs'],
  config: ['specs', 'start-error', 'crash-points'],
  expressions: ['specs'],
  workflows: ['specs', 'expressions'],
  schedules: ['specs'],
  dags: ['expressions', 'specs'],
  compose: ['dags', 'expressions', 'specs', 'store/artifacts.ts'],
  jobtypes: ['specs', 'plugins', 'crash-points'],
  adapters: ['jobtypes', 'specs', 'plugins', 'crash-points'],
  store: ['specs', 'crash-points'],
  temporal: ['specs', 'config', 'start-error', 'crash-points'],
  activities: ['adapters', 'jobtypes', 'compose', 'dags', 'schedules', 'expressions', 'store', 'temporal', 'specs', 'crash-points'],
  core: [
    'compose',
    'dags',
    'schedules',
    'expressions',
    'store',
    'temporal',
    'specs',
    'crash-points',
    'adapters/registry.ts',
    'jobtypes/registry.ts',
    // The rules of a run, which are pure: what a dry run says is what the run does.
    'workflows/dag/dag.state.ts',
    'workflows/dag/reason.ts',
    'workflows/dag/rerun.ts',
    'workflows/dag/versions.ts',
  ],
  api: ['core', 'store', 'temporal', 'specs', 'crash-points', 'adapters/registry.ts', 'jobtypes/registry.ts'],
  client: ['specs'],
  cli: ['client', 'schedules', 'specs', 'config', 'start-error', 'processes/main.ts'],
  processes: ['api', 'core', 'activities', 'adapters', 'jobtypes', 'store', 'temporal', 'specs', 'config', 'start-error', 'crash-points'],
};

function offences(files: readonly Source[], forbids: (target: string, typeOnly: boolean, file: string) => boolean): string[] {
  return files.flatMap(({ file, imports }) =>
    imports.filter(({ target, typeOnly }) => forbids(target, typeOnly, file)).map(({ target }) => `${file} imports ${target}`),
  );
}

describe('imports', () => {
  test('every layer imports only the layers under it', () => {
    expect(
      offences(src, (target, typeOnly, file) => {
        if (!target.startsWith('src/')) return false;
        const layer = layerOf(file);
        const other = layerOf(target);
        const allowed = MAY_IMPORT[layer];
        if (allowed === undefined) return true;
        if (other === layer || allowed.includes(other) || allowed.includes(target.slice('src/'.length))) return false;
        return !(typeOnly && (target.endsWith('contract.ts') || layer === 'core'));
      }),
    ).toEqual([]);
  });

  test('no file imports itself by way of others', () => {
    const edges = new Map(everywhere.map(({ file, imports }) => [file, imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => target)]));
    const cycles: string[] = [];
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) cycles.push([...path.slice(at), file].join(' → '));
      if (at >= 0 || done.has(file)) return;
      for (const target of edges.get(file) ?? []) if (edges.has(target)) walk(target, [...path, file]);
      done.add(file);
    };
    for (const file of edges.keys()) walk(file, []);
    expect(cycles).toEqual([]);
  });

  test('adapters and job types know nothing of Temporal', () => {
    const files = src.filter(({ file }) => /^src\/(?:adapters|jobtypes)\//.test(file));
    expect(offences(files, (target) => target.startsWith('@temporalio/') || target.startsWith('src/temporal/'))).toEqual([]);
  });

  test('workflows are deterministic: no builtin, no zod', () => {
    const files = src.filter(({ file }) => file.startsWith('src/workflows/'));
    const allowed = /^(?:src\/|@temporalio\/(?:workflow|common)(?:\/|$)|@noble\/hashes)/;
    expect(offences(files, (target, typeOnly) => !typeOnly && (!allowed.test(target) || target.endsWith('.schema.ts')))).toEqual([]);
  });

  test('what workflows reach in the specs brings no zod into their bundle', () => {
    const byFile = new Map(src.map((source) => [source.file, source]));
    const reached = new Set<string>();
    const reach = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { target, typeOnly } of byFile.get(file)?.imports ?? []) if (!typeOnly) reach(target);
    };
    for (const { file } of src) if (file.startsWith('src/workflows/')) reach(file);
    expect([...reached].filter((target) => target === 'zod' || target.endsWith('.schema.ts') || target.startsWith('node:'))).toEqual([]);
  });

  test('the environment is read in src/config.ts only', () => {
    expect(src.filter(({ file, text }) => file !== 'src/config.ts' && /\bprocess\.env\b/.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

describe('files', () => {
  test('no file is too long to read', () => {
    const tooLong = everywhere.flatMap(({ file, text }) => {
      const lines = text.split('\n').length;
      return lines > (file.startsWith('test/') ? 600 : 400) ? [`${file}: ${lines} lines`] : [];
    });
    expect(tooLong).toEqual([]);
  });

  test('every source file begins with a comment that says why it is there', () => {
    expect(src.filter(({ text }) => !/^\/[/*]/.test(text)).map(({ file }) => file)).toEqual([]);
  });

  test('no address of a private registry and no path of one machine is in any file', () => {
    const found = projectFiles().flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const resolved = file === 'package-lock.json' ? [...text.matchAll(/"resolved": "https:\/\/(?!registry\.npmjs\.org\/)[^"]+"/g)] : [];
      const paths =
        file === 'test/architecture.test.ts'
          ? []
          : [...text.matchAll(/(?<![\w/.])\/(?:root|work)\/\w+|\/tmp\/[a-z]+\/temporal\b|\/home\/(?!longshore|node)\w+\//g)];
      return [...resolved, ...paths].slice(0, 3).map(([hit]) => `${file}: ${hit}`);
    });
    expect(found).toEqual([]);
  });

  test('no file refers to a document that is not in the project', () => {
    const found = projectFiles()
      .filter((file) => file !== 'package-lock.json' && file !== 'test/architecture.test.ts')
      .flatMap((file) =>
        [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\bdesign section\b|\(design\b|\bdesign:/gi)].map(([hit]) => `${file}: ${hit}`),
      );
    expect(found).toEqual([]);
  });
});

describe('tests', () => {
  const suites = everywhere.filter(({ file }) => file.endsWith('.test.ts'));

  test('no two tests of a file have the same title', () => {
    const twice = suites.flatMap(({ file, text }) => {
      const titles = [...text.matchAll(/^(?<indent>\s*)(?:test|it)(?:\.\w+(?:\([^)]*\))?)*\(\s*(['"`])(?<title>.+?)\2/gm)].map(
        ({ groups }) => `${groups!.indent!.length}:${groups!.title}`,
      );
      return titles.filter((title, i) => titles.indexOf(title) !== i).map((title) => `${file}: ${title.replace(/^\d+:/, '')}`);
    });
    expect(twice).toEqual([]);
  });

  test('nothing is skipped without a reason', () => {
    const skipped = suites.flatMap(({ file, text }) => {
      const hits = [...text.matchAll(/\b(?:test|it|describe)\.(?:skip|only|todo|fails)\b|\bx(?:it|describe)\(/g)];
      return hits.map(([hit]) => `${file}: ${hit}`);
    });
    // test.skipIf is allowed: its condition is the reason, and test/helpers/skip.ts makes it name one.
    const silent = suites.flatMap(({ file, text }) =>
      [...text.matchAll(/\.(?:skipIf|runIf)\((?!lacks\()/g)].map(() => `${file}: skipIf without lacks(…)`),
    );
    expect([...skipped, ...silent].filter((hit) => !hit.startsWith('test/architecture.test.ts'))).toEqual([]);
  });
});
