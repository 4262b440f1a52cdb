// One YARN at a time: scenarios that want the same share it, because its servers take longer to start than a scenario's own.
import type { YarnOptions } from '../../clusters/yarn/cluster.ts';
import { Yarn } from './yarn.ts';

export class YarnPool {
  #running: { readonly wanted: string; readonly yarn: Yarn } | undefined;

  async get(options: YarnOptions): Promise<Yarn> {
    const wanted = JSON.stringify(options);
    if (this.#running?.wanted === wanted) return this.#running.yarn;
    await this.close();
    this.#running = { wanted, yarn: await Yarn.start(options) };
    return this.#running.yarn;
  }

  async close(): Promise<void> {
    await this.#running?.yarn.stop();
    this.#running = undefined;
  }
}
