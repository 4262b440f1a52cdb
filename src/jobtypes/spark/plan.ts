// Data of template "spark": what an adapter renders.
import type { Json } from '../../specs/execution.ts';
import type { SparkConfig } from './config.schema.ts';

/** A file of the attempt's working directory on the worker, by its path there; or one that the cluster reaches by itself (local:, hdfs:). */
export type PlanFile = { readonly file: string } | { readonly uri: string };

export interface SparkJob {
  readonly runType: SparkConfig['runType'];
  readonly main: PlanFile;
  readonly mainClass: string | null;
  readonly args: readonly string[];
  readonly pyFiles: readonly PlanFile[];
  readonly jars: readonly PlanFile[];
  readonly files: readonly PlanFile[];
  readonly archives: readonly PlanFile[];
  /** Properties of Spark that the job sets, fields included. */
  readonly properties: { readonly [name: string]: string };
}

/** Words for people and for templates of an administrator, and the job. */
export interface SparkPlan {
  readonly id: string;
  readonly execName: string;
  readonly fromApp: string;
  readonly queue: string;
  readonly group: string;
  /** Null: the cluster's default. */
  readonly user: string | null;
  readonly job: SparkJob;
}

/** A plan is JSON; whoever made it with this template made it of this shape. */
export const sparkPlan = (data: { readonly [key: string]: Json }): SparkPlan => data as unknown as SparkPlan;
