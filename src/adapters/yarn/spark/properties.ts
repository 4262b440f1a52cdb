// The file format of java.util.Properties, in ASCII.

/** Text of a properties file. Java reads exactly these names and values. */
export function propertiesText(properties: Iterable<readonly [string, string]>): string {
  return [...properties].map(([name, value]) => `${escaped(name).replace(/[ ]/g, '\\ ')}=${escaped(value).replace(/^ /, '\\ ')}\n`).join('');
}

const NAMED: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f' };

const escaped = (text: string): string =>
  text.replace(/[\\=:#!]/g, '\\$&').replace(/[^\x20-\x7e]/g, (unit) => NAMED[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
