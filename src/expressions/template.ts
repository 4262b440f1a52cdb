// Finds ${{ }} in texts and specs. What an expression gives is never looked through again: a value may hold ${{ itself.
import { errorAt, Wrong, type ExpressionError } from './types.ts';

/** One ${{ }}: the expression, where it begins in the text, and where the whole begins and ends. */
export interface Hole {
  readonly expression: string;
  readonly offset: number;
  readonly start: number;
  readonly end: number;
}

/** Stands for an expression in text of which the quoting is followed; no text of a spec has it. */
export const HOLE = '\0';

export type Path = readonly (string | number)[];

/** A text of a spec with at least one hole. */
export interface Template {
  readonly path: Path;
  readonly text: string;
  readonly holes: readonly Hole[];
}

/** What is wrong with a text of a spec: `path` is a JSON pointer, line and column are those of the text. */
export interface TemplateError extends ExpressionError {
  readonly path: string;
}

const OPEN = '${{';

export const pointer = (path: Path): string => path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The holes of a text. Throws Wrong where one has no end. */
export function holesOf(text: string): Hole[] {
  const holes: Hole[] = [];
  let start = text.indexOf(OPEN);
  while (start >= 0) {
    const offset = start + OPEN.length;
    const close = endOf(text, offset);
    if (close === undefined) throw new Wrong('has no }} at its end', start, OPEN.length);
    holes.push({ expression: text.slice(offset, close), offset, start, end: close + 2 });
    start = text.indexOf(OPEN, close + 2);
  }
  return holes;
}

/** The one hole that is the whole text, so that its value keeps its type. */
export const wholeHole = ({ text, holes }: Pick<Template, 'text' | 'holes'>): Hole | undefined =>
  holes.length === 1 && text.slice(0, holes[0]!.start).trim() === '' && text.slice(holes[0]!.end).trim() === '' ? holes[0] : undefined;

const QUOTED = /'''|"""|'|"/y;

/** Where the }} of an expression is: not in its texts, comments and maps. */
function endOf(text: string, from: number): number | undefined {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    QUOTED.lastIndex = i;
    const quote = QUOTED.exec(text)?.[0];
    if (quote !== undefined) {
      const raw = i > from && /[rR]/.test(text[i - 1]!) && !/\w/.test(text[i - 2] ?? ' ');
      const end = quoteEnd(text, i + quote.length, quote, raw);
      if (end === undefined) return undefined;
      i = end - 1;
    } else if (text.startsWith('//', i)) {
      const line = text.indexOf('\n', i);
      if (line < 0) return undefined;
      i = line;
    } else if (text[i] === '{') depth++;
    else if (text[i] === '}' && depth > 0) depth--;
    else if (text[i] === '}') return text[i + 1] === '}' ? i : undefined;
  }
  return undefined;
}

function quoteEnd(text: string, from: number, quote: string, raw: boolean): number | undefined {
  for (let i = from; i < text.length; i++) {
    if (text.startsWith(quote, i)) return i + quote.length;
    if (text[i] === '\\' && !raw) i++;
  }
  return undefined;
}

const MAX_DEPTH = 100;

/** Every text of a spec that has expressions, in the order of the spec, and what is wrong with their form. */
export function findTemplates(spec: unknown): { readonly templates: readonly Template[]; readonly errors: readonly TemplateError[] } {
  const templates: Template[] = [];
  const errors: TemplateError[] = [];
  const refuse = (path: Path, text: string, message: string): void => {
    errors.push({ path: pointer(path), ...errorAt(text, message) });
  };
  const visit = (value: unknown, path: Path): void => {
    if (path.length > MAX_DEPTH) return refuse(path, '', `is more than ${MAX_DEPTH} deep`);
    if (typeof value === 'string') {
      try {
        const holes = holesOf(value);
        if (holes.length > 0) templates.push({ path, text: value, holes });
      } catch (error) {
        const { message, offset, length } = error as Wrong;
        errors.push({ path: pointer(path), ...errorAt(value, message, offset, length) });
      }
    } else if (Array.isArray(value)) value.forEach((entry, i) => visit(entry, [...path, i]));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        if (key.includes(OPEN)) refuse([...path, key], key, 'a name cannot be computed; expressions stand in values only');
        visit(member, [...path, key]);
      }
    }
  };
  visit(spec, []);
  return { templates, errors };
}
