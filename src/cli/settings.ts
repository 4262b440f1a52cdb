// Which server, which token, which app: flags win over the environment, that over a profile, that over what the first start of Longshore
// left in the data folder.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { cliEnvironment } from '../config.ts';
import { CliError } from './failure.ts';
import type { Format } from './output.ts';

/** Flags that every command has. */
export interface GlobalFlags {
  readonly url?: string;
  readonly token?: string;
  readonly app?: string;
  readonly profile?: string;
  readonly data?: string;
  readonly output?: Format;
  readonly color?: boolean;
}

export interface Settings {
  readonly url: string;
  readonly token: string | undefined;
  readonly app: string | undefined;
  readonly data: string;
  /** Where `url` and `token` came from, for `doctor`. */
  readonly origin: { readonly url: string; readonly token: string };
}

const DEFAULT_URL = 'http://127.0.0.1:7788';
const placeSchema = z.object({ url: z.url(), token: z.string().min(1).optional(), app: z.string().optional() });
const profilesSchema = z.record(z.string(), placeSchema);
type Place = z.infer<typeof placeSchema> & { readonly origin: string };

/** Resolves the settings. A stored token goes only to the origin that it is stored with. */
export function resolveSettings(flags: GlobalFlags): Settings {
  const env = cliEnvironment();
  const data = flags.data ?? env.data;
  const profile = profileOf(flags.profile ?? env.profile);
  const stored = profile ?? credentialsOf(data);
  const [url, urlOrigin] = first([flags.url, '--url'], [env.url, 'LONGSHORE_URL'], [stored?.url, stored?.origin ?? ''], [DEFAULT_URL, 'default']);
  const ownToken = stored !== undefined && sameOrigin(stored.url, url) ? stored.token : undefined;
  const [token, tokenOrigin] = first([flags.token, '--token'], [env.token, 'LONGSHORE_TOKEN'], [ownToken, stored?.origin ?? ''], [undefined, 'none']);
  return { url: url ?? DEFAULT_URL, token, app: flags.app ?? env.app ?? profile?.app, data, origin: { url: urlOrigin, token: tokenOrigin } };
}

function first(...candidates: readonly [value: string | undefined, origin: string][]): [string | undefined, string] {
  return candidates.find(([value]) => value !== undefined && value !== '') ?? [undefined, 'none'];
}

function profileOf(name: string | undefined): Place | undefined {
  if (name === undefined) return undefined;
  const file = join(homedir(), '.config', 'longshore', 'profiles.yaml');
  const profiles = profilesSchema.safeParse(parsed(file, read(file) ?? '{}'));
  if (!profiles.success)
    throw new CliError(`${file} is not valid: ${z.prettifyError(profiles.error)}`, { advice: 'It maps names to url, token and app.' });
  const profile = profiles.data[name];
  if (profile === undefined)
    throw new CliError(`There is no profile "${name}" in ${file}.`, { advice: `It has: ${Object.keys(profiles.data).join(', ') || 'none'}.` });
  return { ...profile, origin: `profile ${name}` };
}

function credentialsOf(data: string): Place | undefined {
  const file = join(data, 'credentials.json');
  const text = read(file);
  if (text === undefined) return undefined;
  const place = placeSchema.safeParse(parsed(file, text));
  if (!place.success) throw new CliError(`${file} is not valid: ${z.prettifyError(place.error)}`);
  return { ...place.data, origin: file };
}

function parsed(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    // The first line only: what follows would quote the file, and it holds tokens.
    throw new CliError(`${file} is not YAML: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CliError(`Cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function sameOrigin(a: string, b: string | undefined): boolean {
  return b !== undefined && URL.canParse(b) && new URL(a).origin === new URL(b).origin;
}
