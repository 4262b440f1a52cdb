// First start: a tenant and app `default` that may use this machine, and a random admin token in a file that only its owner reads.
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { digestOf } from '../specs/canonical.ts';
import { appSpecSchema, clusterSpecSchema, type Kind } from '../specs/documents.schema.ts';
import { hasCode } from '../specs/errors.ts';
import { USER } from '../specs/patterns.ts';
import { authenticate } from './authenticate.ts';
import type { Deps } from './deps.ts';
import { mintToken } from './tokens.ts';

const BY = 'longshore';
const credentialsSchema = z.object({ url: z.string(), token: z.string() });

export interface FirstStartOptions {
  readonly dataDir: string;
  /** Address of the API, for the file. */
  readonly url: string;
}

/** Runs at every start; changes nothing that is there. A lost or revoked token is replaced: who owns the data folder owns the installation. */
export async function ensureFirstStart(deps: Deps, options: FirstStartOptions): Promise<void> {
  const users = [userInfo().username].filter((user) => USER.test(user));
  const group = deps.config.worker.group;
  await once(deps, 'App', appSpecSchema.parse({ name: 'default', grants: { clusters: ['local'], workers: [group], queues: ['default'], users } }));
  await once(deps, 'Cluster', clusterSpecSchema.parse({ name: 'local', type: 'local', workers: group }));
  await writeCredentials(deps, options);
}

/** A document that was ever there is the administrator's business, also when it was removed. */
async function once(deps: Deps, kind: Kind, spec: { readonly name: string }): Promise<void> {
  if ((await deps.store.definitions.versions(kind, '', spec.name, { limit: 1 })).length > 0) return;
  await deps.store.definitions.put({
    kind,
    app: '',
    name: spec.name,
    digest: digestOf(spec),
    spec: { ...spec },
    createdBy: BY,
  });
}

async function writeCredentials(deps: Deps, { dataDir, url }: FirstStartOptions): Promise<void> {
  const file = path.join(dataDir, 'credentials.json');
  const kept = await readCredentials(file);
  if (kept !== undefined && (await isAdmin(deps, kept.token))) {
    await chmod(file, 0o600);
    if (kept.url === url) return;
    return await writePrivate(file, { url, token: kept.token });
  }
  const { token } = await mintToken(deps, BY, { app: 'default', name: 'admin', role: 'admin' });
  await writePrivate(file, { url, token });
}

async function readCredentials(file: string): Promise<z.infer<typeof credentialsSchema> | undefined> {
  try {
    return credentialsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function isAdmin(deps: Deps, token: string): Promise<boolean> {
  try {
    return (await authenticate(deps, token)).role === 'admin';
  } catch (error) {
    if (hasCode(error, 'UNAUTHENTICATED')) return false;
    throw error;
  }
}

/** Whole or not at all, and never readable by others, not even for a moment. */
async function writePrivate(file: string, credentials: z.infer<typeof credentialsSchema>): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(credentials, undefined, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}
