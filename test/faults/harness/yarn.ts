// A real YARN under the scenarios: reached by the product through a proxy, and watched around it by its own record.
import { copyFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobSpecInput } from '../../../src/specs/job.schema.ts';
import { startProxy, type ClusterProxy } from '../../clusters/proxy.ts';
import { startYarn, type YarnCluster, type YarnOptions } from '../../clusters/yarn/cluster.ts';
import { allApps, type App } from '../../clusters/yarn/rest.ts';
import type { ClusterApp, ClusterEvidence } from '../checker/evidence.ts';
import type { ClusterDocument } from './stack.ts';

const SAMPLE_MS = 500;

export class Yarn {
  readonly cluster: YarnCluster;
  /** One in front of each ResourceManager; the product knows only these. */
  readonly proxies: readonly ClusterProxy[];
  /** What every job's spec has: small, so that several run at once. */
  readonly spec: Partial<JobSpecInput> = { cluster: 'yarn', resources: { memory: '128Mi' } };
  readonly #seen = new Map<string, App>();
  readonly #before = new Set<string>();
  #staging = '';
  #sampling: Promise<void>;
  #over = false;

  private constructor(cluster: YarnCluster, proxies: readonly ClusterProxy[]) {
    this.cluster = cluster;
    this.proxies = proxies;
    this.#sampling = this.#sample();
  }

  static async start(options: YarnOptions): Promise<Yarn> {
    const cluster = await startYarn(options);
    return new Yarn(cluster, await Promise.all(cluster.rms.map((rm) => startProxy(Number(new URL(rm).port)))));
  }

  get proxy(): ClusterProxy {
    return this.proxies[0]!;
  }

  /** A scenario begins, with a staging folder of its own. */
  begin(folder: string): void {
    this.#staging = path.join(folder, 'staging');
    for (const id of this.#seen.keys()) this.#before.add(id);
    this.#seen.clear();
  }

  /** As Longshore is told of it. */
  get document(): ClusterDocument {
    const { history, timeline } = this.cluster;
    const config = { resourceManagers: this.proxies.map(({ url }) => url), staging: `file://${this.#staging}`, jobHistory: history, timeline };
    return { name: 'yarn', type: 'yarn', config };
  }

  /** The folder that the product stages in. */
  get staging(): string {
    return this.#staging;
  }

  /** Applications of this scenario as their ResourceManager showed them last, also those that it has forgotten since. */
  get apps(): readonly App[] {
    return [...this.#seen.values()];
  }

  /** Asks now; returns those that are known now, or undefined when no ResourceManager answers. */
  async look(): Promise<readonly App[] | undefined> {
    const answers = await Promise.all(this.cluster.rms.map((rm) => allApps(rm).catch(() => undefined)));
    const now = answers.find((answer) => answer !== undefined)?.filter(({ id }) => !this.#before.has(id));
    for (const app of now ?? []) this.#seen.set(app.id, app);
    return now;
  }

  /** Often, because a ResourceManager may forget. */
  async #sample(): Promise<void> {
    while (!this.#over) {
      await this.look();
      await delay(SAMPLE_MS);
    }
  }

  /** Nothing is in the way any more, and a ResourceManager answers. */
  async heal(): Promise<void> {
    for (const proxy of this.proxies) {
      proxy.heal();
      await proxy.refuse(false);
    }
    for (const [which] of this.cluster.rms.entries()) {
      this.cluster.thawRm(which as 0 | 1);
      await this.cluster.startRm(which as 0 | 1);
    }
    await this.cluster.startNm();
    await this.cluster.waitReady();
  }

  async evidence(): Promise<ClusterEvidence> {
    const known = new Set((await this.look())?.map(({ id }) => id));
    const applications = this.apps.map(({ id, state, finalStatus, applicationTags, diagnostics }): ClusterApp => ({
      id,
      state,
      finalStatus,
      diagnostics,
      tags: applicationTags.split(',').filter(Boolean),
      known: known.has(id),
    }));
    const users = await readdir(this.#staging).catch(() => []);
    const staged = await Promise.all(users.map((user) => readdir(path.join(this.#staging, user, 'attempts')).catch(() => [])));
    return { applications, staged: staged.flat() };
  }

  /** Copies the servers' logs to where a failed scenario keeps its own. */
  async keepLogs(folder: string): Promise<void> {
    for (const file of await readdir(this.cluster.folder)) {
      if (file.endsWith('.log')) await copyFile(path.join(this.cluster.folder, file), path.join(folder, `yarn-${file}`));
    }
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#sampling;
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await this.cluster.stop();
  }
}
