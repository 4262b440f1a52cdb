// What every implementation of ArtifactStore must do.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore } from '../../src/store/artifacts.ts';

const shaOf = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

/** `open` makes an empty store of at most 1 MiB an artifact. */
export function describeArtifactsConformance(name: string, open: () => Promise<ArtifactStore>): void {
  describe(`artifacts of ${name}`, () => {
    let artifacts: ArtifactStore;
    beforeEach(async () => void (artifacts = await open()));
    const all = async (before = new Date(Date.now() + 60_000)) => Array.fromAsync(artifacts.list(before));

    it('keeps content under its SHA-256, from a buffer or a stream, once', async () => {
      const content = Buffer.alloc(300_000, 'abc');
      const put = await artifacts.put(content);
      expect(put).toEqual({ sha256: shaOf(content), size: 300_000 });
      const parts = [content.subarray(0, 1), content.subarray(1, 200_000), content.subarray(200_000)];
      expect(await artifacts.put(Readable.from(parts))).toEqual(put);
      expect((await buffer(await artifacts.get(put.sha256))).equals(content)).toBe(true);
      expect(await artifacts.has(put.sha256)).toEqual({ size: 300_000 });
      expect(await all()).toMatchObject([put]);
      expect(await artifacts.put(new Uint8Array())).toEqual({ sha256: shaOf(''), size: 0 });
    });

    it('says what is not there', async () => {
      await expect(artifacts.get(shaOf('never'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await artifacts.has(shaOf('never'))).toBeUndefined();
      await artifacts.remove(shaOf('never'));
    });

    it('refuses content of another digest than expected, and keeps none of it', async () => {
      await expect(artifacts.put(Buffer.from('x'), { expect: shaOf('y') })).rejects.toMatchObject({ code: 'INVALID' });
      expect(await all()).toEqual([]);
      expect(await artifacts.put(Buffer.from('x'), { expect: shaOf('x') })).toMatchObject({ size: 1 });
    });

    it('refuses what is too large, by the store or by the call', async () => {
      await expect(artifacts.put(Buffer.alloc(1024 * 1024 + 1))).rejects.toMatchObject({ code: 'TOO_LARGE' });
      await expect(artifacts.put(Buffer.alloc(11), { maxBytes: 10 })).rejects.toMatchObject({ code: 'TOO_LARGE' });
      const endless = Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(65_536);
        })(),
      );
      await expect(artifacts.put(endless)).rejects.toMatchObject({ code: 'TOO_LARGE' });
      expect(await all()).toEqual([]);
    });

    it('keeps nothing of an upload that breaks off', async () => {
      const broken = Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('connection reset');
        })(),
      );
      await expect(artifacts.put(broken)).rejects.toThrow('connection reset');
      expect(await all()).toEqual([]);
    });

    it('takes nothing but a digest for a name', async () => {
      for (const sha256 of ['../../../../../etc/passwd', '', 'A'.repeat(64), `${'a'.repeat(63)}/`]) {
        await expect(artifacts.get(sha256)).rejects.toMatchObject({ code: 'INVALID' });
        await expect(artifacts.has(sha256)).rejects.toMatchObject({ code: 'INVALID' });
        await expect(artifacts.remove(sha256)).rejects.toMatchObject({ code: 'INVALID' });
        await expect(artifacts.put(Buffer.from('x'), { expect: sha256 })).rejects.toMatchObject({ code: 'INVALID' });
      }
    });

    it('lists for prune what was not used since, and removes it', async () => {
      const { sha256 } = await artifacts.put(Buffer.from('x'));
      const { modifiedAt } = (await all())[0]!;
      expect(await all(modifiedAt)).toEqual([]);
      await artifacts.remove(sha256);
      expect(await all()).toEqual([]);
    });
  });
}
