// The pages of the documentation: their links, headings, documents and commands, for tests that hold them to what is there.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { projectFiles, ROOT } from './sources.ts';

export interface Page {
  /** Relative to the project's root. */
  readonly file: string;
  readonly text: string;
  /** Links to the project's own files: `file` relative to the root, `anchor` without "#". */
  readonly links: readonly { readonly file: string; readonly anchor: string | undefined }[];
  /** What an address of this page may end with after "#". */
  readonly anchors: ReadonlySet<string>;
  /** YAML of whole documents. */
  readonly documents: readonly string[];
  /** The words after `longshore` of each command that is shown. */
  readonly commands: readonly (readonly string[])[];
}

/** Every page of the project. */
export const pages = (): Page[] =>
  projectFiles()
    .filter((file) => file.endsWith('.md'))
    .map(read);

const FENCE = /^ *```[\s\S]*?^ *```/gm;

function read(file: string): Page {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const prose = text.replace(FENCE, '');
  return { file, text, links: linksOf(file, prose), anchors: anchorsOf(prose), documents: documentsOf(text), commands: commandsOf(text) };
}

function linksOf(file: string, prose: string): Page['links'] {
  const targets = [...prose.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.map((target) => {
    const [path = '', anchor] = target.split('#');
    return { file: path === '' ? file : normalize(join(dirname(file), path)), anchor };
  });
}

/** As GitHub makes them of headings: lower case, without punctuation, with hyphens for spaces, numbered when they repeat. */
function anchorsOf(prose: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of prose.matchAll(/^#+ (.*)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; found.has(anchor); n++) anchor = `${slug}-${n}`;
    found.add(anchor);
  }
  return found;
}

const documentsOf = (text: string): string[] => [...text.matchAll(/^kind: .*\n(?:(?!END|```).*\n)*/gm)].map(([document]) => document);

/** Commands stand at the beginning of a line, after a prompt, or as code in a sentence. */
function commandsOf(text: string): string[][] {
  const shown = [...text.matchAll(/(?:^ *|^\$ |[`(] ?|\$\()longshore ([a-z][^\n`|;&)#]*)/gm)];
  return shown.map(([, words = '']) => words.trim().split(/\s+/));
}
