// What differs between two JSON documents, by place. Pure: the API says it of versions, the CLI of a file and what is stored.

/** One place that differs: only there after, only there before, or another value. `path` is a JSON pointer. */
export interface Difference {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly before?: unknown;
  readonly after?: unknown;
}

type Fields = { readonly [name: string]: unknown };
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The smallest parts that differ, in the order of `after`, then what is gone. A list is compared as a whole: its places mean nothing alone. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isFields(before) && isFields(after)) {
    const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
    return names.flatMap((name) => {
      const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (!Object.hasOwn(before, name)) return [{ path: at, change: 'added' as const, after: after[name] }];
      if (!Object.hasOwn(after, name)) return [{ path: at, change: 'removed' as const, before: before[name] }];
      return differences(before[name], after[name], at);
    });
  }
  return same(before, after) ? [] : [{ path, change: 'changed', before, after }];
}

/** Equal as JSON, whatever the order of names. */
function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (isFields(a) && isFields(b)) return differences(a, b).length === 0;
  return Object.is(a, b);
}
