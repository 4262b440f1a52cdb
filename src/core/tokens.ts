// API tokens: random, shown once, kept as SHA-256 only.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { LongshoreError } from '../specs/errors.ts';
import type { TokenView } from '../specs/views.schema.ts';
import type { Role } from '../store/contract.ts';
import { getDefinition } from './definitions.ts';
import { byOf, type Caller, type Deps } from './deps.ts';
import { fieldError, invalid } from '../specs/validate.ts';
import { tokenView } from './views.ts';

/** What a token looks like; the prefix lets scanners find leaked ones. */
const newSecret = (): string => `lsh_${randomBytes(32).toString('base64url')}`;

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

export interface CreateTokenArgs {
  readonly app: string;
  readonly name: string;
  readonly role: Role;
  /** Default: never. */
  readonly expiresAt?: string | undefined;
}

/** Stores a token for an app that exists and returns it with its secret. */
export async function mintToken(deps: Deps, by: string, args: CreateTokenArgs): Promise<TokenView & { token: string }> {
  const token = newSecret();
  const { app, name, role, expiresAt } = args;
  const stored = await deps.store.access.add(
    { id: randomUUID(), app, name, role, createdBy: by, ...(expiresAt !== undefined && { expiresAt }) },
    hashOf(token),
  );
  return { ...tokenView(stored), token };
}

/** NOT_FOUND when there is no such app. */
export async function createToken(deps: Deps, caller: Caller, args: CreateTokenArgs): Promise<TokenView & { token: string }> {
  if (args.expiresAt !== undefined && Date.parse(args.expiresAt) <= Date.now()) {
    throw invalid([fieldError(['expiresAt'], 'must be in the future', args.expiresAt)]);
  }
  await getDefinition(deps, caller, { kind: 'App', name: args.app });
  return await mintToken(deps, byOf(caller), args);
}

export async function listTokens(deps: Deps, caller: Caller, args: { readonly app: string }): Promise<{ items: TokenView[] }> {
  await getDefinition(deps, caller, { kind: 'App', name: args.app });
  return { items: (await deps.store.access.list(args.app)).map(tokenView) };
}

/** NOT_FOUND unless it is a token of that app. */
export async function revokeToken(deps: Deps, _caller: Caller, args: { readonly app: string; readonly id: string }): Promise<void> {
  const tokens = await deps.store.access.list(args.app);
  if (!tokens.some((token) => token.id === args.id)) throw new LongshoreError('NOT_FOUND', `App "${args.app}" has no token ${args.id}.`);
  await deps.store.access.revoke(args.id);
}
