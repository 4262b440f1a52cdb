// Makes the errors of the library into ours: what is wrong, in words of the documentation, and where.
import { FUNCTIONS, METHODS } from './functions.ts';
import { errorAt, Wrong, type ExpressionError } from './types.ts';

/** The fields of an error of the library that are used here. */
interface CelError {
  readonly code?: unknown;
  readonly summary?: unknown;
  readonly range?: { readonly start: number; readonly end: number };
}

/** Whatever was thrown, as an error of this text. */
export function asError(text: string, thrown: unknown): ExpressionError {
  if (thrown instanceof Wrong) return errorAt(text, thrown.message, thrown.offset, thrown.length);
  // Deterministic enough: the limits of text and depth keep real expressions far from the end of the stack.
  if (thrown instanceof RangeError) return errorAt(text, 'is nested too deep');
  const { code, summary, range } = thrown as CelError;
  const start = range?.start ?? 0;
  const message = typeof summary === 'string' ? words(String(code), summary) : thrown instanceof Error ? thrown.message : String(thrown);
  return errorAt(text, message, start, Math.max(0, (range?.end ?? start) - start));
}

function words(code: string, summary: string): string {
  switch (code) {
    case 'no_such_overload':
      return `cannot compute ${summary.replace(/^no such overload: /, '').replaceAll('dyn', 'json')}`;
    case 'no_matching_overload': {
      const [, call = '', name = ''] = /'((?:[^']*\.)?(\w+)\([^']*\))'/.exec(summary) ?? [];
      const usage = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]!.usage : Object.hasOwn(METHODS, name) ? METHODS[name]!.usage : undefined;
      return usage === undefined ? summary : `there is no ${call}; write ${usage}`;
    }
    case 'no_such_key':
      return `${summary.replace(/^No such key: /, 'there is no value ').slice(0, 200)}; ask with has() first`;
    case 'limit_exceeded':
      return 'is nested too deep, or has too many parts';
    case 'numeric_overflow':
      return 'is too large for an int, which has 64 bits';
    case 'invalid_macro_argument':
      return summary.startsWith('has()')
        ? 'has() asks for a member, as in has(outputs.extract)'
        : 'a plain name is needed here, as in list.map(x, x + 1)';
    case 'index_out_of_bounds':
      return summary.replace(/^.*out of bounds, index (\S+) .*size (\d+)$/, 'there is no entry $1 in a list of $2');
    case 'newline_in_string':
      return 'a text in quotes ends in its line; write \\n for a new line';
    case 'unexpected_token':
    case 'expected_token':
      return summary.endsWith('EOF') ? 'ends too early' : 'cannot be read from here on';
    default:
      return summary.slice(0, 200);
  }
}
