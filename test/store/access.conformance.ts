// What every implementation of Access must do.
import { createHash, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/contract.ts';

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

export function describeAccessConformance(name: string, open: () => Promise<Store>): void {
  describe(`access of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    const add = (secret: string, more: { app?: string; expiresAt?: string } = {}) =>
      store.access.add({ id: randomUUID(), name: 'ci', app: 'etl', role: 'editor', createdBy: 'root', ...more }, hashOf(secret));

    it('knows a token by its hash alone and never gives the hash away', async () => {
      const token = await add('secret');
      expect(token).toMatchObject({ name: 'ci', app: 'etl', role: 'editor' });
      expect(await store.access.byHash(hashOf('secret'))).toEqual(token);
      expect(await store.access.byHash('secret')).toBeUndefined();
      expect(JSON.stringify(await store.access.list())).not.toContain(hashOf('secret'));
    });

    it('refuses a revoked and an expired token and goes on listing them', async () => {
      const revoked = await add('one');
      await add('two', { expiresAt: '2020-01-01T00:00:00.000Z' });
      await add('three', { expiresAt: '2999-01-01T00:00:00.000Z' });
      expect(await store.access.revoke(revoked.id)).toBe(true);
      expect(await store.access.revoke(revoked.id)).toBe(false);
      expect(await store.access.revoke('unknown')).toBe(false);
      expect(await store.access.byHash(hashOf('one'))).toBeUndefined();
      expect(await store.access.byHash(hashOf('two'))).toBeUndefined();
      expect(await store.access.byHash(hashOf('three'))).toBeDefined();
      expect((await store.access.list('etl')).find((t) => t.id === revoked.id)).toHaveProperty('revokedAt');
    });

    it('lists the tokens of one app', async () => {
      await add('one');
      await add('two', { app: 'ml' });
      expect((await store.access.list('ml')).map((t) => t.app)).toEqual(['ml']);
      expect(await store.access.list()).toHaveLength(2);
    });
  });
}
