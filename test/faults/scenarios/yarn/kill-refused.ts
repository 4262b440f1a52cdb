import type { EventView } from '../../../../src/specs/views.schema.ts';
import { until } from '../../harness/until.ts';
import { isKill } from '../../harness/yarn-requests.ts';
import type { Scenario } from '../../scenario.ts';

/** As a ResourceManager with ACLs words it. */
const refusal = {
  status: 403,
  body: {
    RemoteException: {
      exception: 'ForbiddenException',
      message: 'java.lang.Exception: User bob cannot perform operation MODIFY_APP',
      javaClassName: 'org.apache.hadoop.yarn.webapp.ForbiddenException',
    },
  },
};

export default {
  hazard: 'The cluster refuses a kill: the job stays RUNNING, an alarm says so, and when the cluster lets it, a second kill works.',
  rows: ['CP-53'],
  guards: [],
  quick: false,
  yarn: {},
  async play(world) {
    const stop = world.yarn.proxy.answer((head) => (isKill(head) ? refusal : undefined));
    const job = world.plan('killed', 'refused', { killAfterMs: null });
    await world.submit([job]);
    await world.started(job.intent.requestId, 120_000);
    await world.reaches(job.intent.requestId, ['RUNNING']);
    await world.client.kill(job.intent.requestId, 'first');
    const id = await world.client.idOf(job.intent.requestId);
    const refused = await until('the refusal to be shown', async () =>
      (await world.client.get<{ items: EventView[] }>(`/api/v1/jobs/${id}/events?limit=1000`)).items.find(({ type }) => type === 'kill-refused'),
    );
    const { status, killRequested } = await world.client.job(job.intent.requestId);
    world.log(`${status}, kill confirmed: ${String(killRequested?.confirmed)}, ${refused.reason}`);
    if (status !== 'RUNNING' || killRequested?.confirmed === true) throw new Error('a refused kill must not count');
    stop();
    await world.client.kill(job.intent.requestId, 'second');
    await world.reaches(job.intent.requestId, ['KILLED']);
  },
} satisfies Scenario;
