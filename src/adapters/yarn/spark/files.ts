// The files of one application: uploaded once, named as the driver finds them, and listed for the executors.
import { join } from 'node:path';
import { StepError } from '../../../specs/errors.ts';
import type { PlanFile } from '../../../jobtypes/spark/plan.ts';
import type { AttemptStaging, LocalResource, Submission, SubmittedResource } from '../submission.ts';

type Content = Buffer | { readonly file: string };
type Kind = 'FILE' | 'ARCHIVE';

interface Options {
  readonly kind?: Kind;
  /** Where it appears in the container's working directory. */
  readonly link: string;
  /** Not for the executors. */
  readonly driverOnly?: boolean;
}

interface Cached {
  readonly uri: string;
  readonly resource: LocalResource;
  readonly kind: Kind;
  /** Ours: it lies in the attempt's staging folder. */
  readonly staged: boolean;
}

export class Distribution {
  readonly #staging: AttemptStaging;
  readonly #workDir: string;
  readonly #resources: Record<string, SubmittedResource> = {};
  readonly #executors: Cached[] = [];

  constructor(staging: AttemptStaging, workDir: string) {
    this.#staging = staging;
    this.#workDir = workDir;
  }

  get resources(): Submission['resources'] {
    return this.#resources;
  }

  /** A file of a plan; the place where it is found: its link, or a path that is the same on every node. */
  async add(file: PlanFile, options: Omit<Options, 'link'> & { readonly link?: string; readonly folder?: string } = {}): Promise<string> {
    const [address = '', fragment] = 'uri' in file ? file.uri.split('#') : [file.file];
    if (address.startsWith('local:')) return address;
    const name = address.slice(address.lastIndexOf('/') + 1);
    const link = options.link ?? `${options.folder === undefined ? '' : `${options.folder}/`}${fragment ?? name}`;
    if ('uri' in file) return await this.#reference(address, { ...options, link });
    return await this.put(name, { file: join(this.#workDir, file.file) }, { ...options, link });
  }

  /** A file that is staged. */
  async put(name: string, content: Content, options: Options): Promise<string> {
    return this.#note(await this.#staging.put(name, content), options, true);
  }

  /** A file that is on the cluster's file system already. */
  async #reference(uri: string, options: Options): Promise<string> {
    const resource = await this.#staging.stat(uri);
    if (resource === undefined)
      throw new StepError('START_REFUSED', `there is no file ${uri}, or it is on another file system than the cluster's staging folder`);
    return this.#note(resource, options, false);
  }

  #note(resource: LocalResource, { link, kind = 'FILE', driverOnly = false }: Options, staged: boolean): string {
    if (Object.hasOwn(this.#resources, link)) throw new StepError('START_REFUSED', `two files of the job are called ${link}`);
    this.#resources[link] = { ...resource, type: kind, kept: !staged };
    if (!driverOnly) this.#executors.push({ uri: `${resource.uri}#${link}`, resource, kind, staged });
    return link;
  }

  /** What tells the driver which files its executors get. */
  cacheProperties(confArchive: string): [string, string][] {
    const list = (of: (entry: Cached) => string | number): string => this.#executors.map(of).join(',');
    return [
      ['spark.yarn.cache.filenames', list(({ uri }) => uri)],
      ['spark.yarn.cache.sizes', list(({ resource }) => resource.size)],
      ['spark.yarn.cache.timestamps', list(({ resource }) => resource.timestamp)],
      // What is not ours alone is worth keeping on the node for the user's next job.
      ['spark.yarn.cache.visibilities', list(({ staged }) => (staged ? 'APPLICATION' : 'PRIVATE'))],
      ['spark.yarn.cache.types', list(({ kind }) => kind)],
      ['spark.yarn.cache.confArchive', confArchive],
    ];
  }
}
