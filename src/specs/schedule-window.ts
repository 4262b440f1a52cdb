// Windows of cross-cycle waits as people write them: "d(-7,-1)" or "7 to 1 days ago", and how many of the cycles inside must have ended well.

/** Units by their short form. A week begins on Monday. */
export const WINDOW_UNITS = { m: 'minute', h: 'hour', d: 'day', w: 'week', M: 'month', y: 'year' } as const;
export type WindowUnit = keyof typeof WINDOW_UNITS;

/** Whole units, counted from the one that holds the cycle (0): -1 is the one before. Both ends belong to it; `from` ≤ `to` ≤ 0. */
export interface Window {
  readonly unit: WindowUnit;
  readonly from: number;
  readonly to: number;
}

/** Which cycles of a window are waited for. */
export type WindowRule = { readonly kind: 'all' | 'any' } | { readonly kind: 'last' | 'first'; readonly count: number };

/** What is wrong with a text, with the place: `at` is the position of the first character that does not fit, from 1. */
export class WindowError extends RangeError {
  readonly at: number;
  constructor(text: string, at: number, message: string) {
    super(`"${text}", at character ${at}: ${message}`);
    this.name = 'WindowError';
    this.at = at;
  }
}

/** Furthest that a window reaches, in its unit. */
const MAX_WINDOW = 1_000;

interface Token {
  readonly word: string;
  readonly at: number;
}

/** Words, numbers and signs with their positions, and a reader that says what it wanted. */
class Reader {
  readonly text: string;
  readonly #tokens: Token[];
  #next = 0;
  constructor(text: string) {
    this.text = text;
    this.#tokens = [...text.matchAll(/[A-Za-z]+|-?\d+|\S/g)].map((match) => ({ word: match[0], at: match.index + 1 }));
  }
  peek(): Token {
    return this.#tokens[this.#next] ?? { word: '', at: this.text.length + 1 };
  }
  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }
  refuse(message: string, { at, word }: Token = this.peek()): never {
    throw new WindowError(this.text, at, word === '' ? `it ends here; ${message}` : message);
  }
  expect(word: string): void {
    if (this.peek().word !== word) this.refuse(`write "${word}"`);
    this.take();
  }
  number(what: string): number {
    const token = this.peek();
    if (!/^-?\d+$/.test(token.word)) this.refuse(`write ${what}`);
    this.take();
    if (Math.abs(Number(token.word)) > MAX_WINDOW) this.refuse(`at most ${MAX_WINDOW}`, token);
    return Number(token.word);
  }
  end(): void {
    if (this.peek().word !== '') this.refuse('nothing may follow');
  }
}

const isUnit = (word: string): word is WindowUnit => Object.hasOwn(WINDOW_UNITS, word);
const unitNamed = (word: string): WindowUnit | undefined =>
  (Object.keys(WINDOW_UNITS) as WindowUnit[]).find((unit) => WINDOW_UNITS[unit] === word || `${WINDOW_UNITS[unit]}s` === word);
const SHAPES = 'write cd, d(3), d(-1), d(-7,-1), or words: current day, yesterday, last 3 days, 7 to 1 days ago (units: m h d w M y)';

function takeUnit(reader: Reader): WindowUnit {
  const unit = unitNamed(reader.peek().word.toLowerCase());
  if (unit === undefined) reader.refuse(`write one of ${Object.values(WINDOW_UNITS).join(', ')}`);
  reader.take();
  return unit;
}

/** `d(3)`, the three before; `d(-1)`, the one before; `d(-7,-1)`, from the seventh before to the one before. */
function short(reader: Reader, unit: WindowUnit): Window {
  reader.expect('(');
  const start = reader.peek();
  const first = reader.number('a number');
  if (reader.peek().word === ',') {
    reader.take();
    const second = reader.peek();
    const to = reader.number('a number');
    reader.expect(')');
    if (to > 0) reader.refuse('a window ends with the current unit, 0, or before; write numbers such as -7,-1', second);
    if (first > to) reader.refuse('a window begins before it ends; swap the two', start);
    return { unit, from: first, to };
  }
  reader.expect(')');
  return first > 0 ? { unit, from: -first, to: -1 } : { unit, from: first, to: first };
}

/** Windows that begin with a number: `3 days ago`, `7 to 1 days ago`. */
function ago(reader: Reader): Window {
  const start = reader.peek();
  const first = reader.number('a number');
  if (first < 0) reader.refuse('write it without the sign: 7 to 1 days ago', start);
  const ranged = reader.peek().word === 'to';
  if (ranged) reader.take();
  const second = ranged ? reader.number('a number') : first;
  if (second < 0 || second > first) reader.refuse('the further one comes first: 7 to 1 days ago', start);
  const unit = takeUnit(reader);
  reader.expect('ago');
  return { unit, from: 0 - first, to: 0 - second };
}

/** The window that a text means. Throws WindowError, with the place and what to write. */
export function parseWindow(text: string): Window {
  const reader = new Reader(text);
  const token = reader.peek();
  const word = token.word.toLowerCase();
  let window: Window;
  if (/^-?\d/.test(word)) window = ago(reader);
  else if (token.word.length === 2 && token.word.startsWith('c') && isUnit(token.word.slice(1))) {
    reader.take();
    window = { unit: token.word.slice(1) as WindowUnit, from: 0, to: 0 };
  } else if (isUnit(token.word)) {
    reader.take();
    window = short(reader, token.word);
  } else if (word === 'today' || word === 'yesterday') {
    reader.take();
    window = { unit: 'd', from: word === 'today' ? 0 : -1, to: word === 'today' ? 0 : -1 };
  } else if (word === 'current' || word === 'this') {
    reader.take();
    window = { unit: takeUnit(reader), from: 0, to: 0 };
  } else if (word === 'previous') {
    reader.take();
    window = { unit: takeUnit(reader), from: -1, to: -1 };
  } else if (word === 'last') {
    reader.take();
    const place = reader.peek();
    const count = /^-?\d/.test(place.word) ? reader.number('a number') : 1;
    if (count < 1) reader.refuse('write a number of at least 1', place);
    window = { unit: takeUnit(reader), from: -count, to: -1 };
  } else return reader.refuse(SHAPES);
  reader.end();
  return window;
}

/** The rule that a text means: `*` or all, `+` or any, `L(3)` or last 3, `F(3)` or first 3. Throws WindowError. */
export function parseWindowRule(text: string): WindowRule {
  const reader = new Reader(text);
  const { word } = reader.peek();
  const kinds = { '*': 'all', all: 'all', '+': 'any', any: 'any', L: 'last', last: 'last', F: 'first', first: 'first' } as const;
  const kind = Object.hasOwn(kinds, word)
    ? kinds[word as keyof typeof kinds]
    : reader.refuse('write all (*), any (+), last 3 (L(3)) or first 3 (F(3))');
  reader.take();
  if (kind === 'all' || kind === 'any') {
    reader.end();
    return { kind };
  }
  const bracket = reader.peek().word === '(';
  if (bracket) reader.take();
  const place = reader.peek();
  const count = reader.number('how many');
  if (count < 1) reader.refuse('write a number of at least 1', place);
  if (bracket) reader.expect(')');
  reader.end();
  return { kind, count };
}

/** The window in words: "the 3 days before", "from 7 to 2 days before", "the same day". */
export function describeWindow({ unit, from, to }: Window): string {
  const name = WINDOW_UNITS[unit];
  if (from === 0) return `the same ${name}`;
  if (from === to) return from === -1 ? `the ${name} before` : `the ${name} ${-from} ${name}s before`;
  if (to === -1) return `the ${-from} ${name}s before`;
  return to === 0 ? `the same ${name} and the ${-from} before` : `from ${-from} to ${-to} ${name}s before`;
}
