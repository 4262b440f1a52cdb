// Many jobs at once until YARN has accepted all, beside a bare loop that asks for an id and submits, as many at a time as a worker has slots.
import { randomBytes } from 'node:crypto';
import type { YarnCluster } from '../../clusters/yarn/cluster.ts';
import { allApps, ask, kill, type App } from '../../clusters/yarn/rest.ts';
import { inTurn, sample, show, timed } from '../sample.ts';
import { ended, until, type Stack } from '../stack.ts';
import type { Row } from '../table.ts';

const AT_ONCE = 20;
/** States in which the ResourceManager has taken an application for good. */
const TAKEN = ['ACCEPTED', 'RUNNING', 'FINISHED', 'FAILED', 'KILLED'];
export const isTaken = ({ state }: Pick<App, 'state'>): boolean => TAKEN.includes(state);

/** The cluster's nodes should be away: what runs would be measured, too. */
export async function rateRow(stack: Stack, cluster: YarnCluster, jobs: number, rounds: number): Promise<Row> {
  const allTaken = async (name: string): Promise<void> => {
    const taken = async () => (await allApps(cluster.rm)).filter((app) => app.name === name && isTaken(app)).length === jobs || undefined;
    await until(`${jobs} applications to be accepted`, taken, 180_000);
  };
  const { a, b, ratio } = await inTurn(
    rounds,
    1,
    async () => {
      const name = newName();
      const spec = { name, type: 'shell', cluster: 'yarn', config: { command: ['sleep', '600'] } };
      let ids: string[] = [];
      const ms = await timed(async () => {
        ids = (await Promise.all(Array.from({ length: jobs }, () => stack.api.call('createJob', { body: { spec } })))).map(({ id }) => id);
        await allTaken(name);
      });
      await Promise.all(ids.map((id) => stack.api.call('killJob', { params: { id }, body: {} })));
      await Promise.all(ids.map((id) => ended(stack, id)));
      return ms;
    },
    async () => {
      const name = newName();
      const ids: string[] = [];
      const ms = await timed(async () => {
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            while (ids.length < jobs) {
              const at = ids.push('') - 1;
              ids[at] = await submitBare(cluster.rm, name);
            }
          }),
        );
        await allTaken(name);
      });
      for (const id of ids) await kill(cluster.rm, id);
      return ms;
    },
  );
  const rate = ({ values }: { readonly values: readonly number[] }) => sample(values.map((ms) => (jobs * 1_000) / ms));
  return {
    measure: `${jobs} shell jobs at once, until YARN has accepted all`,
    ours: show(rate(a), ' jobs/s', 1),
    peer: `bare REST submits, ${AT_ONCE} at a time, ${show(rate(b), '/s', 1)}`,
    ratio: `${show(ratio, ' ×', 1)} the time`,
    target: '—',
    met: undefined,
  };
}

const newName = (): string => `bench-${randomBytes(6).toString('hex')}`;

async function submitBare(rm: string, name: string): Promise<string> {
  const base = `${rm}/ws/v1/cluster/apps`;
  const { 'application-id': id } = (await ask('POST', `${base}/new-application?user.name=alice`)).body as { 'application-id': string };
  const context = { 'application-id': id, 'application-name': name, queue: 'default', 'max-app-attempts': 1, resource: { memory: 640, vCores: 1 } };
  const answer = await ask('POST', `${base}?user.name=alice`, { ...context, 'am-container-spec': { commands: { command: 'sleep 600' } } });
  if (answer.status !== 202) throw new Error(`the ResourceManager answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return id;
}
