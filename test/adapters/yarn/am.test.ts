// The committed jar of the application master against its sources.
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { DIGEST_ENTRY, JAR, sources, sourcesDigest } from '../../../src/adapters/yarn/am/sources.ts';

/** The entries of a zip file, by name, in base64. Python can read it wherever the tests run. */
const READ = `
import base64, json, sys, zipfile
jar = zipfile.ZipFile(sys.argv[1])
print(json.dumps({entry.filename: base64.b64encode(jar.read(entry)).decode() for entry in jar.infolist()}))`;

async function entriesOf(jar: string): Promise<Map<string, Buffer>> {
  const { stdout } = await execa('python3', ['-c', READ, jar]);
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, string>).map(([name, content]) => [name, Buffer.from(content, 'base64')]));
}

test('the jar is built from the sources beside it: npm run build:am', async () => {
  const entries = await entriesOf(JAR);
  expect(entries.get(DIGEST_ENTRY)?.toString()).toBe(`${sourcesDigest()}\n`);
  for (const source of sources()) expect([...entries.keys()]).toContain(`io/longshore/yarn/${source.replace('.java', '.class')}`);
});

test('its classes run on Java 8', async () => {
  const classes = [...(await entriesOf(JAR))].filter(([name]) => name.endsWith('.class'));
  expect(classes.length).toBeGreaterThan(0);
  // Bytes 6 and 7 of a class file are the version: 52 is Java 8.
  for (const [name, content] of classes) expect([name, content.readUInt16BE(6)]).toEqual([name, 52]);
});
