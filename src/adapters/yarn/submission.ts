// What a renderer makes of an attempt: the part of YARN's application submission context that depends on the job type.
// https://hadoop.apache.org/docs/stable/hadoop-yarn/hadoop-yarn-site/ResourceManagerRest.html#Cluster_Applications_API.28Submit_Application.29
import type { Readable } from 'node:stream';
import type { LaunchPlan } from '../../jobtypes/contract.ts';
import type { Attempt } from '../contract.ts';
import type { YarnConfig } from './index.ts';

/** A file as a NodeManager localizes it; it refuses one whose size or time is another. */
export interface LocalResource {
  /** As the cluster's nodes reach it. */
  readonly uri: string;
  readonly size: number;
  /** Time of its last change in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** The private folder of one try to start an attempt, on the staging file system and written as the job's user: no other try changes its files. */
export interface AttemptStaging {
  /** URI of the folder. */
  readonly uri: string;
  /** Writes a file whole or not at all, mode 0600; replaces one of that name. `name` is relative, may contain "/". */
  put(name: string, content: Buffer | { readonly file: string } | { readonly stream: Readable }): Promise<LocalResource>;
  /** What is at an address of the staging's own file system; undefined when nothing is. */
  stat(uri: string): Promise<LocalResource | undefined>;
}

/** What a renderer has besides the attempt. */
export interface Site {
  readonly config: YarnConfig;
  /** Hadoop user that the application belongs to. */
  readonly user: string;
  /** YARN queue. */
  readonly queue: string;
  /** Application tags: the key and the installation's mark come first. */
  readonly tags: readonly string[];
  readonly staging: AttemptStaging;
  /** URI of the folder that takes the attempt's outputs, whichever try started it. */
  readonly outputs: string;
  /** Value of yarn.application.classpath: entries separated by commas, with the nodes' variables in them. */
  classpath(): Promise<string>;
}

export interface SubmittedResource extends LocalResource {
  readonly type: 'FILE' | 'ARCHIVE';
  /** Nodes keep it for the user's next application. Default: it goes with this one. */
  readonly kept?: boolean;
}

export interface Submission {
  /** YARN's application type. */
  readonly type: 'SPARK' | 'LONGSHORE';
  readonly name: string;
  /** Of the application master's container: memory in MiB. */
  readonly resource: { readonly memory: number; readonly vCores: number };
  /** A line for the node's bash. Nothing that a user chose stands in it unquoted, and no secret at all. */
  readonly command: string;
  /** No secrets: NodeManagers write it to a script that ends up in the container's logs. */
  readonly environment: { readonly [name: string]: string };
  /** Name in the container's working directory → file. */
  readonly resources: { readonly [name: string]: SubmittedResource };
  /** How often YARN may start the application master. */
  readonly maxAttempts: number;
}

/** Uploads what the attempt needs and says how it is started. Starts nothing, and may be called again. */
export type Renderer = (
  attempt: Attempt,
  context: { readonly plan: LaunchPlan; readonly secrets: ReadonlyMap<string, string>; readonly signal: AbortSignal },
  site: Site,
) => Promise<Submission>;
