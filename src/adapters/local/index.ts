// Type of cluster `local`: what the API needs to validate; the code loads with the first adapter.
import { z } from 'zod';
import type { AdapterType } from '../contract.ts';

const config = z.strictObject({
  cgroup: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)*$/, 'must be a relative path such as longshore or longshore.slice/jobs')
    .max(200)
    .default('longshore')
    .meta({ description: 'Folder below the cgroup v2 mount in which each job gets its cgroup, where the worker may make one. Default longshore.' }),
});

export const local: AdapterType<z.infer<typeof config>> = {
  type: 'local',
  config,
  strength: 'by-name',
  hostBound: true,
  templates: ['process', 'builtin'],
  watchEveryMs: 200,
  async create(cluster, host) {
    const { localAdapter } = await import('./runtime.ts');
    return localAdapter(host, config.parse(cluster.config).cgroup);
  },
};
