// The payload's environment as text for a shell to read: one single-quoted export a variable, so that every byte arrives as it is.
import { StepError } from '../../specs/errors.ts';

/** Linux: longest argument or variable, and all of them together (a quarter of the usual 8 MiB stack). */
const MAX_STRING = 128 * 1024;
const MAX_TOTAL = 2 * 1024 * 1024;

/** One word for a POSIX shell, byte for byte. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Export lines, ended by the key: a reader that does not see it has not seen all. */
export function exportLines(variables: ReadonlyMap<string, string>, key: string): string {
  return `${[...variables].map(([name, value]) => `export ${name}=${quoted(value)}\n`).join('')}# ${key}`;
}

/** Throws START_REFUSED, naming the culprit, when the kernel would refuse to start this, or a variable cannot be one. */
export function checkSize(argv: readonly string[], variables: ReadonlyMap<string, string>): void {
  let total = 0;
  const count = (what: string, text: string): void => {
    const bytes = Buffer.byteLength(text) + 1;
    if (text.includes('\0')) throw new StepError('START_REFUSED', `${what} contains a NUL character`);
    if (bytes > MAX_STRING) throw new StepError('START_REFUSED', `${what} has ${bytes} bytes; the operating system takes at most ${MAX_STRING}`);
    total += bytes + 8;
  };
  argv.forEach((word, index) => count(`argument ${index}`, word));
  for (const [name, value] of variables) {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new StepError('START_REFUSED', `"${name.slice(0, 64)}" cannot be the name of an environment variable`);
    count(`variable ${name}`, `${name}=${value}`);
  }
  if (total > MAX_TOTAL)
    throw new StepError('START_REFUSED', `arguments and environment have ${total} bytes; the operating system takes at most ${MAX_TOTAL}`);
}
