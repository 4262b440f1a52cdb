// The only way to skip a test: for something that this machine lacks, and saying so.

/** True when `there` is false; the reason goes to the output, so that nobody takes a skipped test for a passed one. */
export function lacks(there: boolean, what: string): boolean {
  if (!there) process.stderr.write(`skipped: this machine lacks ${what}\n`);
  return !there;
}
