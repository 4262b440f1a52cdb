// What every implementation of Hooks must do.
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/contract.ts';
import { event, time } from './samples.ts';

const letter = (id: string, app: string, at: number) => ({
  id,
  jobId: '1',
  app,
  url: 'https://example.org',
  event: event(1, 'SUCCEED'),
  error: '503',
  at: time(at),
});

export function describeHooksConformance(name: string, open: () => Promise<Store>): void {
  describe(`hooks of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    it('makes one signing key per app that Standard Webhooks libraries take', async () => {
      const keys = await Promise.all(Array.from({ length: 20 }, () => store.hooks.signingKey('etl')));
      expect(new Set(keys)).toHaveLength(1);
      const key = keys[0]!;
      expect(Buffer.from(key.slice('whsec_'.length), 'base64').length).toBeGreaterThanOrEqual(24);
      expect(new Webhook(key).sign('msg_1', new Date(), '{}')).toMatch(/^v1,/);
      expect(await store.hooks.signingKey('ml')).not.toBe(key);
    });

    it('keeps each dead letter once, newest first', async () => {
      for (const one of [letter('a', 'etl', 1), letter('b', 'ml', 2), letter('a', 'etl', 3)]) await store.hooks.deadLetter(one);
      expect((await store.hooks.deadLetters(undefined, 10)).map((l) => l.id)).toEqual(['a', 'b']);
      expect(await store.hooks.deadLetters('ml', 10)).toEqual([letter('b', 'ml', 2)]);
      expect(await store.hooks.deadLetters(undefined, 1)).toHaveLength(1);
    });
  });
}
