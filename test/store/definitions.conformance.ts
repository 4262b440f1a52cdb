// What every implementation of Definitions must do.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/specs/canonical.ts';
import type { Json } from '../../src/specs/execution.ts';
import type { Store } from '../../src/store/contract.ts';

export function describeDefinitionsConformance(name: string, open: () => Promise<Store>): void {
  describe(`definitions of ${name}`, () => {
    let store: Store;
    beforeEach(async () => void (store = await open()));
    afterEach(() => store.close());

    const put = (spec: { [key: string]: Json }, ifVersion?: number, app = 'etl', jobName = 'load') =>
      store.definitions.put({ kind: 'Job', app, name: jobName, digest: digestOf(spec), spec, createdBy: 'alice' }, ifVersion);

    it('counts versions and keeps the newest when nothing has changed', async () => {
      const first = await put({ type: 'shell', config: { b: 1, a: 2 } });
      expect(first).toMatchObject({ version: 1, app: 'etl', createdBy: 'alice', spec: { config: { a: 2, b: 1 } } });
      expect(await put({ config: { a: 2, b: 1 }, type: 'shell' })).toEqual(first);
      expect((await put({ type: 'python' })).version).toBe(2);
      expect(await store.definitions.get('Job', 'etl', 'load')).toMatchObject({ version: 2, spec: { type: 'python' } });
      expect(await store.definitions.get('Job', 'etl', 'load', 1)).toEqual(first);
      expect((await store.definitions.versions('Job', 'etl', 'load', { limit: 10 })).map((d) => d.version)).toEqual([2, 1]);
      expect((await store.definitions.versions('Job', 'etl', 'load', { limit: 1, before: 2 })).map((d) => d.version)).toEqual([1]);
      expect(await store.definitions.get('Job', 'other', 'load')).toBeUndefined();
      expect(await store.definitions.get('Cluster', 'etl', 'load')).toBeUndefined();
    });

    it('refuses a change to another version than the one that was read', async () => {
      await put({ v: 1 }, 0);
      await expect(put({ v: 2 }, 0)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
      await put({ v: 2 }, 1);
      await expect(put({ v: 3 }, 1)).rejects.toMatchObject({ code: 'VERSION_CONFLICT', message: expect.stringContaining('version 2') as string });
      expect(await store.definitions.get('Job', 'etl', 'load')).toMatchObject({ spec: { v: 2 } });
    });

    it('lets one of many writers with the same expectation win', async () => {
      const results = await Promise.allSettled(Array.from({ length: 20 }, (_, v) => put({ v }, 0)));
      expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
      expect(await store.definitions.versions('Job', 'etl', 'load', { limit: 10 })).toHaveLength(1);
    });

    it('makes one version of 100 equal puts at once', async () => {
      const all = await Promise.all(Array.from({ length: 100 }, () => put({ type: 'shell' })));
      expect(new Set(all.map((d) => d.version))).toEqual(new Set([1]));
      expect(await store.definitions.versions('Job', 'etl', 'load', { limit: 10 })).toHaveLength(1);
    });

    it('pages through every version there ever was', async () => {
      await put({ v: 1 });
      await put({ v: 2 });
      await store.definitions.remove('Job', 'etl', 'load', 'bob');
      const first = await store.definitions.all({ limit: 1 });
      expect(first).toMatchObject([{ version: 1, spec: { v: 1 } }]);
      expect(await store.definitions.all({ limit: 10, after: first[0]! })).toMatchObject([{ version: 2, spec: { v: 2 } }]);
    });

    it('hides what was removed, keeps its versions, and counts on when it comes back', async () => {
      await put({ v: 1 });
      expect(await store.definitions.remove('Job', 'etl', 'load', 'bob')).toBe(true);
      expect(await store.definitions.remove('Job', 'etl', 'load', 'bob')).toBe(false);
      expect(await store.definitions.get('Job', 'etl', 'load')).toBeUndefined();
      expect(await store.definitions.list('Job', 'etl', { limit: 10 })).toEqual([]);
      expect(await store.definitions.get('Job', 'etl', 'load', 1)).toMatchObject({ spec: { v: 1 } });
      expect(await put({ v: 1 }, 0)).toMatchObject({ version: 2 });
    });

    it('pages by name and never loses a name that several apps use', async () => {
      for (const app of ['a', 'b', 'c']) for (const n of ['n1', 'n2', 'n3']) await put({ app, n }, undefined, app, n);
      expect((await store.definitions.list('Job', 'b', { limit: 2 })).map((d) => d.name)).toEqual(['n1', 'n2']);
      expect((await store.definitions.list('Job', 'b', { limit: 2, after: 'n2' })).map((d) => d.name)).toEqual(['n3']);
      const seen: string[] = [];
      for (let after: string | undefined, done = false; !done;) {
        const page = await store.definitions.list('Job', undefined, after === undefined ? { limit: 2 } : { limit: 2, after });
        seen.push(...page.map((d) => `${d.app}/${d.name}`));
        after = page.at(-1)?.name;
        done = page.length === 0;
      }
      expect(seen.sort()).toEqual(['a/n1', 'a/n2', 'a/n3', 'b/n1', 'b/n2', 'b/n3', 'c/n1', 'c/n2', 'c/n3']);
    });
  });
}
