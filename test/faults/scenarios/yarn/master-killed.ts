import { processesOf } from '../../../helpers/processes.ts';
import { marked } from '../../harness/process-table.ts';
import { isSubmit } from '../../harness/yarn-requests.ts';
import { until } from '../../harness/until.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../harness/world.ts';

const masterOf = (application: string) =>
  processesOf(application).find(({ command }) => command.includes('/bin/java ') && command.includes('ApplicationMaster'));

async function applicationOf(world: World, requestId: string): Promise<string> {
  return await until(`an application of ${requestId}`, async () => {
    const id = (await world.client.job(requestId)).attempts.at(-1)?.handle?.['id'];
    return typeof id === 'string' ? id : undefined;
  });
}

async function attemptShown(world: World, requestId: string): Promise<unknown> {
  const detail = (await world.client.job(requestId)).attempts.at(-1)?.observation?.['detail'] as { amAttempt?: number } | undefined;
  return detail?.amAttempt;
}

async function shown(world: World, requestId: string): Promise<string> {
  const { reason, code } = await world.client.job(requestId);
  return `master ${String(await attemptShown(world, requestId))}, ${code}: ${reason?.slice(0, 150)}`;
}

export default {
  hazard:
    'An application master is killed, and where YARN starts another one by itself, that one must not run the payload again. A node is lost to the cluster: what runs there ends when it hears that it has ended.',
  rows: ['CP-49'],
  guards: [],
  quick: false,
  // A node that is silent for so long is lost.
  yarn: { yarnSite: { 'yarn.nm.liveness-monitor.expiry-interval-ms': 6_000 } },
  limits: { recoveryMs: 180_000 },
  async play(world) {
    const { cluster, proxy } = world.yarn;
    const once = world.plan('stubborn', 'shot-once', { killAfterMs: null, may: ['FAILED'] });
    await world.submit([once]);
    await world.started('shot-once', 120_000);
    // Longshore asks for one master; here somebody has made two of it.
    const stop = proxy.amend((head, body) => (isSubmit(head) ? body.replace('"max-app-attempts":1', '"max-app-attempts":2') : undefined));
    const twice = world.plan('stubborn', 'shot-twice', { killAfterMs: null, may: ['FAILED'] });
    await world.submit([twice]);
    await world.started('shot-twice', 120_000);
    stop();
    for (const requestId of ['shot-once', 'shot-twice']) {
      process.kill(masterOf(await applicationOf(world, requestId))!.pid, 'SIGKILL');
      await world.reaches(requestId, ['FAILED'], 120_000);
      world.log(`${requestId}: ${await shown(world, requestId)}`);
    }
    if ((await attemptShown(world, 'shot-twice')) !== 2) throw new Error('the second master is not shown');

    const lost = world.plan('killed', 'node-lost', { killAfterMs: null, may: ['FAILED'] });
    await world.submit([lost]);
    await world.started('node-lost', 120_000);
    await cluster.killNm();
    await world.reaches('node-lost', ['FAILED'], 120_000);
    world.log(`node lost: ${await shown(world, 'node-lost')}`);
    await until('its payload to end, without its node', () => marked(world.place.run, new Set()).every(({ job }) => job !== 'node-lost'), 30_000);
  },
} satisfies Scenario;
