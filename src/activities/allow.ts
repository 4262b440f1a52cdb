// The worker's own check, whatever the API has let through: a worker runs only what its configuration lists.
import { StepError } from '../specs/errors.ts';
import type { AttemptInput } from '../specs/activities.ts';
import type { Config } from '../specs/config.schema.ts';

const lists = (allowed: '*' | readonly string[], value: string): boolean => allowed === '*' || allowed.includes(value);

/** WORKER_REFUSED unless app, cluster and run-as user are allowed here. Without a list nothing is. */
export function checkAllowed(config: Config, workerId: string, { attempt, cluster, spec }: AttemptInput): void {
  const allow = config.worker.allow ?? { apps: [], clusters: [], users: [] };
  const refuse = (what: string): never => {
    throw new StepError('WORKER_REFUSED', `worker ${workerId} does not run ${what}; see worker.allow in its configuration`);
  };
  if (!lists(allow.apps, attempt.app)) refuse(`jobs of app "${attempt.app}"`);
  if (!lists(allow.clusters, cluster.name)) refuse(`jobs on cluster "${cluster.name}"`);
  if (spec.user !== undefined && !lists(allow.users, spec.user)) refuse(`jobs as user "${spec.user}"`);
}
