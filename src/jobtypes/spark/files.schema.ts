// Files of a Spark job: what every job may name, and what is on the cluster already. Their names go into lists and addresses of Spark's own.
import { z } from 'zod';
import { fileRef } from '../../specs/fields.schema.ts';

/** A name that stands for itself in a list, an address, a path and a shell. */
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/;
const ADDRESS = /^(?:local:\/|hdfs:\/\/)[A-Za-z0-9._:/@+=~-]+(?:#[A-Za-z0-9_][A-Za-z0-9._-]*)?$/;
/** Names in the working directory of driver and executors that are Spark's or ours. */
const TAKEN = /^(?:__|longshore|launch_container|container_tokens|default_container_executor|tmp$)/;

const onHdfs = z
  .string()
  .max(4096)
  .regex(/^hdfs:\/\//, 'must be ./file, {inline: …}, or begin with https:, local: or hdfs:')
  .meta({ template: 'address' });

/** `local:` is Spark's: a path on every node, never copied. */
export const clusterFileRef = z.union([fileRef, onHdfs]).superRefine((file, context) => {
  const wrong = wrongAddress(file) ?? wrongName(file);
  if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
});
export type ClusterFileRef = z.infer<typeof clusterFileRef>;

/** Whether the file is where the cluster reaches it, and nothing need be fetched. */
export const isOnCluster = (file: ClusterFileRef): file is string => typeof file === 'string' && /^(?:local|hdfs):/.test(file);

/** What the file is called in the job's working directory; undefined for an inline text without a name. */
export function nameOf(file: ClusterFileRef): string | undefined {
  if (typeof file === 'object') return file.name;
  const [path = '', link] = (file.startsWith('https:') && URL.canParse(file) ? new URL(file).pathname : file).split('#');
  return link ?? path.slice(path.lastIndexOf('/') + 1);
}

function wrongAddress(file: ClusterFileRef): string | undefined {
  if (!isOnCluster(file) || ADDRESS.test(file)) return undefined;
  return 'must be an absolute path of letters, digits and . _ - + = @ ~, as local:/opt/app.jar or hdfs://namenode:8020/apps/app.jar';
}

function wrongName(file: ClusterFileRef): string | undefined {
  const name = nameOf(file);
  if (name === undefined) return undefined;
  if (!PLAIN.test(name)) return `must have a name of letters, digits, ".", "_" and "-", because Spark puts it into lists and addresses`;
  if (TAKEN.test(name)) return `must have another name: Spark, YARN or Longshore uses ${name} in the job's working directory`;
  return undefined;
}
