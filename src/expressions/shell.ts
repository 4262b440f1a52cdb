// Shell text: a value becomes one word in single quotes. That is one word only where the shell reads plain words, so this follows the
// quoting of sh and bash up to each expression, and refuses every place where it is anything else, or where it cannot be told.
import { HOLE } from './template.ts';
import { Wrong } from './types.ts';

const VARIABLE = 'assign it to a variable before, as in day=${{ params.day }}, and use "$day" here';
const INSIDE = {
  double: 'stands inside double quotes, where it would not be one word: end them before it, as in "Day: "${{ params.day }}, or ',
  single: 'stands inside single quotes, where it would not be one word: end them before it, or ',
  comment: 'stands inside a comment; remove it, or write it without ${{ }}',
  document: 'stands inside a here-document, where nothing is quoted: ',
  parameter: 'stands inside ${…}: ',
  arithmetic: 'stands where the shell computes, so that the value would be read as a formula: ',
  test: 'stands inside [[ … ]], which computes with what it compares: write [ … ] in its place, or ',
  backtick: 'stands inside `…`: write $(…) in its place',
  dollar: 'follows a "$", which would change how it is quoted; write "\\$" before it, or a space between',
  backslash: 'follows a "\\", which would take away its quote',
  index: 'follows a "[", where the shell computes an index: ',
  delimiter: 'stands where a here-document gets its end',
} as const;

const ADVISED: ReadonlySet<keyof typeof INSIDE> = new Set(['double', 'single', 'document', 'parameter', 'arithmetic', 'test', 'index']);
const refusal = (kind: keyof typeof INSIDE): string => INSIDE[kind] + (ADVISED.has(kind) ? VARIABLE : '');

/** One word for sh and bash, whatever is in it. */
export function shellWord(value: string): string {
  if (value.includes('\0')) throw new Wrong('gives a text with a NUL character, which no shell can carry');
  if (!value.isWellFormed()) throw new Wrong('gives a text with half a character, which no program can read');
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** For each HOLE of the text: nothing where one word may stand, or why not. */
export function shellPlaces(text: string): (string | undefined)[] {
  return new Scan(text).run();
}

/** What the scan is inside of, from the outside to the inside; plain text are `command`, $( ), ( ) and the words of a list=( ). */
type Frame = 'command' | 'substitution' | 'group' | 'list' | 'double' | 'parameter';

interface Document {
  readonly end: string;
  readonly tabs: boolean;
  readonly quoted: boolean;
  readonly depth: number;
}

/** A line of a here-document in which no shell sees the beginning of something that goes on behind it: to some, even its end may be within that. */
const SIMPLE = /^(?:[^\\`$]|\\.|\$(?![({`])|\$\{\w+\}|\$\([^()'"`\\$#<]*\))*$/;

class Scan {
  readonly #text: string;
  readonly #places: (string | undefined)[] = [];
  readonly #frames: Frame[] = ['command'];
  #documents: Document[] = [];
  #at = 0;
  /** The plain word so far; undefined between words. */
  #word: string | undefined;
  /** A "#" here may or may not begin a comment: shells differ. */
  #unsure = false;
  #test = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): (string | undefined)[] {
    try {
      while (this.#at < this.#text.length) this.#step();
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      const reason = `cannot be placed safely, because of ${error.message}; move it before that, or ${VARIABLE}`;
      for (const char of this.#text.slice(this.#at)) if (char === HOLE) this.#places.push(reason);
    }
    return this.#places;
  }

  #step(): void {
    const frame = this.#frames.at(-1)!;
    if (frame === 'double') this.#double();
    else if (frame === 'parameter') this.#parameter();
    else this.#command();
  }

  #command(): void {
    const char = this.#text[this.#at]!;
    // After this mistake bash goes on with the next line, which may be one of a value.
    if (this.#frames.at(-1) === 'list' && /[<>&;|(]/.test(char)) this.#lost(`a "${char}" inside name=(…)`);
    const unsure = this.#unsure;
    this.#unsure = false;
    switch (char) {
      case HOLE:
        this.#places.push(this.#test ? refusal('test') : /\[[^\]]*$/.test(this.#word ?? '') ? refusal('index') : undefined);
        return this.#plain(char);
      case '\\':
        return this.#escape();
      case "'":
        if (this.#word?.endsWith('$')) this.#lost("$'…', which shells read in different ways");
        return this.#skip(this.#text.indexOf("'", this.#at + 1), 'single', "a ' without end");
      case '"':
        return this.#enter('double', 1);
      case '`':
        return this.#backtick();
      case '$':
        return this.#dollar();
      case '(':
        if (this.#word?.endsWith('=')) return this.#enter('list', 1);
        if (this.#ahead('((')) return this.#arithmetic(2);
        this.#endWord();
        return this.#enter('group', 1);
      case ')':
        return this.#close();
      case '#':
        if (unsure) this.#lost('a "#" that may or may not begin a comment');
        if (this.#word !== undefined) return this.#plain(char);
        return this.#refuseTo(this.#lineEnd(), 'comment');
      case '<':
        return this.#ahead('<<<') ? this.#operator(3) : this.#ahead('<<') ? this.#document() : this.#operator(1);
      case '\n':
        this.#operator(1);
        return this.#bodies();
      case ' ':
      case '\t':
        this.#endWord();
        this.#at++;
        return undefined;
      case ';':
      case '&':
      case '|':
      case '>':
        return this.#operator(1);
      default:
        return this.#plain(char);
    }
  }

  #double(): void {
    const char = this.#text[this.#at]!;
    if (char === HOLE) this.#places.push(refusal('double'));
    if (char === '"') {
      this.#frames.pop();
      this.#plain('"');
    } else if (char === '\\') this.#escape();
    else if (char === '`') this.#backtick();
    else if (char === '$') this.#dollar();
    else this.#other(char);
  }

  #parameter(): void {
    const char = this.#text[this.#at]!;
    if (char === HOLE) this.#places.push(refusal('parameter'));
    if (char === '}') {
      this.#frames.pop();
      this.#plain('}');
    } else if (char === "'" || char === '"') {
      if (this.#frames.includes('double')) this.#lost('quotes inside ${…} inside double quotes, which shells read in different ways');
      if (char === '"') this.#enter('double', 1);
      else this.#skip(this.#text.indexOf("'", this.#at + 1), 'single', "a ' without end");
    } else if (char === '\\') this.#escape();
    else if (char === '`') this.#backtick();
    else if (char === '$') this.#dollar();
    else this.#other(char);
  }

  #other(char: string): void {
    if (char === '\n' && this.#documents.length > 0) this.#lost('a here-document that begins within quotes');
    this.#at++;
  }

  #plain(char: string): void {
    this.#word = (this.#word ?? '') + char;
    this.#at++;
  }

  #operator(length: number): void {
    this.#endWord();
    this.#at += length;
    // "#" after these is a comment to some shells and not to others.
    this.#unsure = /[<>]/.test(this.#text[this.#at - 1]!);
  }

  #endWord(): void {
    if (/\w\[[^\]]*$/.test(this.#word ?? '')) this.#lost('a "[" without "]" in its word');
    if (this.#word === '[[') this.#test = true;
    if (this.#word === ']]') this.#test = false;
    if (this.#word === 'case' && this.#frames.some((frame) => frame === 'double' || frame === 'parameter')) this.#lost('case inside "$(…)"');
    this.#word = undefined;
  }

  #escape(): void {
    const next = this.#text[this.#at + 1];
    if (next === HOLE) this.#places.push(refusal('backslash'));
    if (next === '\n' && this.#documents.length > 0) this.#lost('a here-document whose line goes on in the next');
    if (next === '\n') this.#unsure = true;
    else this.#word = `${this.#word ?? ''}x`;
    this.#at += 2;
  }

  #dollar(): void {
    if (this.#ahead('$((')) return this.#arithmetic(3);
    if (this.#ahead('$(')) return this.#enter('substitution', 2);
    if (/^\$\{[\s|]/.test(this.#text.slice(this.#at, this.#at + 3))) this.#lost('${ …; }, which not every shell has');
    if (this.#ahead('${')) return this.#enter('parameter', 2);
    if (this.#ahead('$[')) this.#lost('$[…], which shells read in different ways');
    if (this.#ahead(`$${HOLE}`)) {
      this.#places.push(refusal('dollar'));
      this.#at++;
    }
    return this.#plain('$');
  }

  #enter(frame: Frame, length: number): void {
    this.#frames.push(frame);
    this.#word = frame === 'double' || frame === 'parameter' ? (this.#word ?? '') : undefined;
    this.#at += length;
  }

  #close(): void {
    this.#endWord();
    // A ")" with nothing open ends a pattern of case.
    if (this.#documents.some(({ depth }) => depth === this.#frames.length)) this.#lost('a here-document that begins inside $(…)');
    const frame = this.#frames.length > 1 ? this.#frames.pop() : undefined;
    this.#at++;
    if (frame === 'substitution') this.#word = 'x';
    this.#unsure = true;
  }

  #backtick(): void {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '`') end += this.#text[end] === '\\' ? 2 : 1;
    this.#skip(end, 'backtick', 'a ` without end');
  }

  /** (( )) and $(( )): to the end, where what is inside is simple enough to tell where that is. */
  #arithmetic(open: number): void {
    let depth = 0;
    for (let i = this.#at + open - 2; i < this.#text.length; i++) {
      const char = this.#text[i]!;
      if (/['"`\\\n]/.test(char) || this.#text.startsWith('<<', i) || (char === '#' && /\s/.test(this.#text[i - 1]!))) break;
      if (char === '(') depth++;
      if (char === ')' && --depth === 0) {
        if (this.#text[i - 1] !== ')') break;
        this.#skip(i, 'arithmetic', '');
        this.#unsure = true;
        return undefined;
      }
    }
    return this.#lost('"((", which may begin a formula or commands');
  }

  /** Goes behind the character at `end`, and refuses every expression before it. */
  #skip(end: number, kind: keyof typeof INSIDE, without: string): void {
    if (end < 0 || end >= this.#text.length) this.#lost(without);
    if (this.#documents.length > 0 && this.#text.slice(this.#at, end).includes('\n')) this.#lost('a here-document that begins within quotes');
    this.#refuseTo(end, kind);
    this.#plain(this.#text[end]!);
  }

  #refuseTo(end: number, kind: keyof typeof INSIDE): void {
    for (const char of this.#text.slice(this.#at, end)) if (char === HOLE) this.#places.push(refusal(kind));
    this.#at = end;
  }

  #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end < 0 ? this.#text.length : end;
  }

  #document(): void {
    const [operator = '', tabs, , single, double, plain] =
      /^<<(-?)([ \t]*)(?:'([^'\n]*)'|"([^"\n\\$`]*)"|([\w.+%@:-]+))(?=[ \t\n;&|<>)]|$)/.exec(this.#text.slice(this.#at)) ?? [];
    const end = single ?? double ?? plain;
    if (end === undefined || end.includes(HOLE)) {
      if (this.#text.slice(this.#at, this.#lineEnd()).includes(HOLE)) {
        this.#refuseTo(this.#lineEnd(), 'delimiter');
      }
      return this.#lost('a here-document whose end cannot be told');
    }
    this.#endWord();
    this.#documents.push({ end, tabs: tabs === '-', quoted: plain === undefined, depth: this.#frames.length });
    this.#at += operator.length;
    return undefined;
  }

  /** Behind a line's end come the here-documents that it began. */
  #bodies(): void {
    if (this.#documents.some(({ depth }) => depth !== this.#frames.length)) this.#lost('a here-document that begins outside of $(…)');
    for (const { end, tabs, quoted } of this.#documents) {
      let line: string;
      do {
        const stop = this.#lineEnd();
        line = this.#text.slice(this.#at, stop);
        if (!quoted && !SIMPLE.test(line)) this.#lost('a here-document with more than $x, ${x} and plain $(…) in a line');
        this.#refuseTo(stop, 'document');
        this.#at = Math.min(stop + 1, this.#text.length);
      } while ((tabs ? line.replace(/^\t+/, '') : line) !== end && this.#at < this.#text.length);
    }
    this.#documents = [];
  }

  #ahead(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #lost(why: string): never {
    throw new Lost(why);
  }
}

/** From here on it cannot be told what the shell is inside of. */
class Lost extends Error {}
