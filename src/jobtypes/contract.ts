/**
 * The contract of a job type: what makes every container. A plain object of functions; it knows no cluster.
 * Every hook may run twice and on another machine; what it throws becomes that step's own error (INITIALIZE_FAILED, PREPARE_FAILED …)
 * and never takes a process down. A hook that a job type does not have costs nothing.
 */
import type { z } from 'zod';
import type { AttemptRef, ClusterRecord, Json, Observation, Outputs } from '../specs/execution.ts';
import type { FileRef } from '../specs/fields.schema.ts';
import type { JobSpec } from '../specs/job.schema.ts';

/**
 * Folders of one attempt on the worker, all 0700 and named by the key. Only prepare makes `dir` and `logDir`; clean removes them.
 * `dir` (temporary) holds `work` (the payload's working directory), `output` ($LONGSHORE_OUTPUT), `progress` ($LONGSHORE_PROGRESS)
 * and `log`, a link to `logDir`. `latchDir` says whether the key was ever started on this machine; it outlives clean until retention.
 */
export interface Workspace {
  readonly dir: string;
  readonly workDir: string;
  readonly logDir: string;
  readonly latchDir: string;
  readonly outputFile: string;
  readonly progressFile: string;
}

/** What every hook gets; made from spec and attempt alone, so a restart needs no cache. */
export interface Container<Config> {
  readonly ref: AttemptRef;
  readonly spec: JobSpec;
  /** spec.config, parsed by the job type's schema. */
  readonly config: Config;
  readonly cluster: ClusterRecord;
  readonly workspace: Workspace;
  /** Brings a file of the spec into the working directory (or `to`, relative to it) and returns its absolute path; checks its SHA-256. */
  fetch(file: FileRef, to?: string): Promise<string>;
  readonly signal: AbortSignal;
}

/**
 * The launch plan that an adapter renders: a template, where outputs appear, and the template's data.
 * Template "process": data is ProcessPlan. Template "builtin": the same, for what only a worker's own machine can run.
 */
export interface LaunchPlan {
  readonly template: string;
  readonly outputPath: string;
  readonly data: { readonly [key: string]: Json };
}

/** A word of a command line: a text, or a file of the working directory by its path there, wherever that directory will be. */
export type Word = string | { readonly file: string };

/**
 * Data of templates "process" and "builtin": argv and environment as the payload gets them, byte for byte; no secrets. argv[0] is looked up
 * where the payload runs, as a shell would.
 */
export interface ProcessPlan {
  readonly argv: readonly Word[];
  readonly env: { readonly [name: string]: string };
}

/** A setting that no job may have: the name of a field or of a property at any depth; with "*" at its end, every name that begins so. */
export interface ForbiddenSetting {
  readonly name: string;
  /** What to use in its place. */
  readonly use: string;
  /** What it is, for the refusal. */
  readonly description: string;
}

export interface JobType<Config = unknown, Context = unknown> {
  readonly type: string;
  /** Schema of Job.config. */
  readonly config: z.ZodType<Config>;
  /** What is refused on every cluster, beside what the cluster itself forbids. */
  readonly forbidden?: readonly ForbiddenSetting[];
  /** Template of its launch plans. */
  readonly template: string;
  /** Opens every activity; from spec and handle alone. */
  initialize?(container: Container<Config>): Promise<Context>;
  /** Fetches what it needs and makes the launch plan. */
  prepare(container: Container<Config>, context: Context): Promise<LaunchPlan>;
  /** Periodic health while it runs: a reason when it is not healthy. */
  check?(container: Container<Config>, context: Context, observation: Observation): Promise<string | undefined>;
  /** More outputs after success; `outputs` of the spec are collected without it. */
  submit?(container: Container<Config>, context: Context, observation: Observation): Promise<Outputs>;
  /** Always, even after a kill or a failed prepare. */
  clean?(container: Container<Config>, context: Context): Promise<void>;
}
