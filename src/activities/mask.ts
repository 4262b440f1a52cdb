// Hides secret values in bytes and in text. Every hidden byte becomes one "*", so that offsets in a log stay what they were.

/** Shorter parts of a secret are not hidden by themselves: they stand in too much other text. */
const LEAST_PART = 8;
/** Where the command base64 breaks its lines. */
const BASE64_LINE = 76;

/** The spellings of a secret that payloads and libraries print: itself and its lines, in base64, percent-encoded, and inside JSON. */
function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= LEAST_PART);
  return [value, ...lines].flatMap((text) => [text, ...inJson(text), ...percentEncoded(text), ...inBase64(text)]);
}

/** As JavaScript writes it, and in ASCII only, as Python does. */
function inJson(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  return [json, json.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)];
}

/** Libraries differ in whether they leave !'()* and "/" as they are, in how they write a blank, and in the case of the digits. */
function percentEncoded(value: string): string[] {
  const some = encodeURIComponent(value);
  const all = some.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const upper = [some, all].flatMap((text) => [text, text.replaceAll('%2F', '/'), text.replaceAll('%20', '+')]);
  return upper.flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, (digits) => digits.toLowerCase())]);
}

/** By itself; and those of its bytes that look the same whatever stands before and behind it in what was encoded ("user:secret\n"). */
function inBase64(value: string): string[] {
  const bytes = Buffer.from(value);
  const parts = [0, 1, 2].map((skipped) => bytes.subarray(skipped, skipped + Math.floor((bytes.length - skipped) / 3) * 3).toString('base64'));
  const whole = bytes.toString('base64');
  const wrapped = [whole, parts[0]!].map((text) => text.replace(new RegExp(`.{${BASE64_LINE}}(?=.)`, 'g'), '$&\n'));
  const all = [whole, whole.replace(/=+$/, ''), ...[...wrapped, ...parts].filter((part) => part.length >= LEAST_PART)];
  return all.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** Hides a fixed set of values. Pure: the same bytes always give the same result, on whichever worker. */
export class Mask {
  readonly #patterns: readonly Buffer[];
  readonly #texts: readonly string[];
  /** A value can begin so many bytes before a place and still cover it. */
  readonly overlap: number;

  constructor(values: Iterable<string>) {
    const texts = new Set([...values].filter((value) => value !== '').flatMap(spellings));
    this.#texts = [...texts].sort((a, b) => b.length - a.length);
    this.#patterns = this.#texts.map((text) => Buffer.from(text));
    this.overlap = Math.max(0, ...this.#patterns.map((pattern) => pattern.length - 1));
  }

  /** A copy in which every byte of every occurrence, overlapping ones included, is "*". */
  bytes(raw: Uint8Array): Buffer {
    const source = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
    const masked = Buffer.from(source);
    for (const pattern of this.#patterns) {
      let hidden = 0;
      for (let at = source.indexOf(pattern); at !== -1; at = source.indexOf(pattern, at + 1)) {
        masked.fill('*', Math.max(at, hidden), at + pattern.length);
        hidden = at + pattern.length;
      }
    }
    return masked;
  }

  /** For messages: each occurrence becomes "***". */
  text(message: string): string {
    return this.#texts.reduce((text, secret) => text.replaceAll(secret, '***'), message);
  }
}

/** Hides nothing. */
export const NO_MASK = new Mask([]);

/** For a job whose secrets are not known: lets nothing through that might hold one. */
export const HIDE_ALL: Mask = new (class extends Mask {
  override bytes(raw: Uint8Array): Buffer {
    return Buffer.alloc(raw.length, '*');
  }
  override text(): string {
    return '(not shown, because the secrets of this job cannot be hidden)';
  }
})([]);
