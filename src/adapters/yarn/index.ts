// Type of cluster `yarn`: what the API needs to validate; the code loads with the first adapter.
import { z } from 'zod';
import { text, userName } from '../../specs/fields.schema.ts';
import type { AdapterType } from '../contract.ts';

const address = z
  .url({ protocol: /^https?$/, error: 'must be an address such as http://rm1.example.org:8088' })
  .max(500)
  .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'must not hold credentials');

export const yarnConfigSchema = z
  .strictObject({
    resourceManagers: z
      .array(address)
      .min(1)
      .max(8)
      .meta({ description: 'Web addresses of all ResourceManagers; the active one is found, also after a failover.' }),
    auth: z.enum(['simple']).default('simple').meta({ description: 'How Hadoop knows who asks: simple, by the user name alone. Default simple.' }),
    user: userName.optional().meta({ description: "Hadoop user of jobs that name none. Default: the worker's own." }),
    queues: z
      .record(z.string(), text(255).min(1))
      .default({})
      .meta({ description: 'Queue of a job → YARN queue, for those whose names differ (reports: root.analytics.reports). Default: the same name.' }),
    staging: text(1000)
      .regex(/^(?:file:\/\/\/|hdfs:\/\/[^/]+\/)[^?#]+$/, 'must be a folder as hdfs://namenode:8020/longshore or file:///shared/longshore')
      .meta({
        description:
          'Where the files of jobs lie for the cluster: a folder on HDFS, or on a file system that the workers and all nodes share. Each Hadoop user gets a private folder in it, so it must be writable for all of them (mode 1777).',
      }),
    webhdfs: z
      .array(address)
      .max(8)
      .default([])
      .meta({ description: 'Web addresses of the NameNodes (WebHDFS or HttpFS), for a staging folder on HDFS.' }),
    jobHistory: address
      .optional()
      .meta({ description: "Web address of the JobHistoryServer: logs of ended jobs come from there. Default: the NodeManagers' own answer." }),
    timeline: address.optional().meta({
      description:
        'Web address of the ApplicationHistoryServer (Timeline service v1): asked for applications that the ResourceManager no longer knows.',
    }),
    applicationClasspath: text(10_000).optional().meta({
      description: "Value of yarn.application.classpath on the nodes. Default: what the ResourceManager's configuration page says.",
    }),
    ca: text(1000)
      .optional()
      .meta({ description: 'File on the worker with the certificates that https addresses are checked against. Default: those of the system.' }),
  })
  .refine(({ staging, webhdfs }) => !staging.startsWith('hdfs:') || webhdfs.length > 0, {
    path: ['webhdfs'],
    error: 'must name a NameNode, because the staging folder is on HDFS',
  });
export type YarnConfig = z.infer<typeof yarnConfigSchema>;

export const yarn: AdapterType<YarnConfig> = {
  type: 'yarn',
  config: yarnConfigSchema,
  strength: 'by-id',
  hostBound: false,
  templates: ['process', 'spark'],
  watchEveryMs: 1_000,
  async create(cluster, host) {
    const { yarnAdapter } = await import('./runtime.ts');
    return yarnAdapter(cluster, yarnConfigSchema.parse(cluster.config), host);
  },
};
