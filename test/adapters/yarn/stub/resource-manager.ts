// The web services of a ResourceManager.
import { asJson, badRequest, exceptionReply, jsonReply, noService, notFound, textReply, type Asked, type Reply } from './server.ts';
import { appFields, attemptFields, containerFields, isOver, STATES, type Context, type StubApp } from './apps.ts';
import type { StubCluster } from './cluster.ts';

const ID = /^application_\d+_\d+$/;
export const DESELECTS = ['resourceRequests', 'timeouts', 'appNodeLabelExpression', 'amNodeLabelExpression', 'resourceInfo'];

/** A standby shows only itself and its configuration; of everything else it says who is active. */
export function answerAsManager(stub: StubCluster, index: number, asked: Asked): Reply {
  if (asked.path === '/conf') return configuration(stub, asked);
  const local = `${asked.path}${[...asked.query].length > 0 ? `?${asked.query.toString()}` : ''}`;
  if (stub.active !== index) {
    const own = stub.managers[index]!.url;
    if (stub.active === undefined || stub.managers[stub.active] === undefined)
      return { ...textReply('Can not find any active RM. Will retry in next 4 seconds.\n\n', 307), headers: { Refresh: `4;url=${own}${local}` } };
    const location = stub.activeAddress ?? stub.managers[stub.active]!.url;
    return { ...textReply(`This is standby RM. The redirect url is: ${local}\n\n`, 307), headers: { Location: `${location}${local}` } };
  }
  if (asked.path === '/ws/v1/cluster/info') return jsonReply({ clusterInfo: { startedOn: stub.startedOn, state: 'STARTED', haState: stub.haState } });
  const [, id, rest = ''] = /^\/ws\/v1\/cluster\/apps(?:\/([^/]+)(.*))?$/.exec(asked.path) ?? ['none'];
  if (asked.method === 'POST' && id === 'new-application') return jsonReply(newApplication(stub));
  if (asked.method === 'POST' && asked.path === '/ws/v1/cluster/apps') return submit(stub, asked);
  if (asked.method === 'GET' && asked.path === '/ws/v1/cluster/apps') return list(stub, asked);
  if (id === undefined || !/^(?:|\/state|\/appattempts(?:\/[^/]+\/containers)?)$/.test(rest)) return noService(asked);
  if (!ID.test(id)) return badRequest(`Invalid ApplicationId prefix: ${id}. The valid ApplicationId should start with prefix application`);
  const app = stub.apps.get(id);
  if (app === undefined) return notFound(`app with id: ${id} not found`);
  if (rest === '/state') return asked.method === 'PUT' ? kill(stub, app, asked) : jsonReply({ state: app.state });
  if (rest === '/appattempts') {
    const attempts = app.attempts.map((attempt) => attemptFields(app, attempt, stub.places));
    return jsonReply({ appAttempts: attempts.length === 0 ? {} : { appAttempt: attempts } });
  }
  if (rest !== '') return containers(stub, app, rest);
  return jsonReply(`{"app":${appJson(stub, app, [])}}`);
}

function configuration({ classpath }: StubCluster, { query }: Asked): Reply {
  if (query.get('name') !== 'yarn.application.classpath' || classpath === undefined)
    return { status: 404, headers: { 'Content-Type': 'application/json;charset=utf-8' } };
  return jsonReply({ property: { key: 'yarn.application.classpath', value: classpath, isFinal: false, resource: 'yarn-site.xml' } });
}

const newApplication = (stub: StubCluster): object => ({
  'application-id': stub.newId(),
  'maximum-resource-capability': { memory: 8192, vCores: 4 },
});

/** An id that is there already is a success, and changes nothing. */
function submit(stub: StubCluster, { body, query }: Asked): Reply {
  let context: Context;
  try {
    context = JSON.parse(body.toString()) as Context;
  } catch {
    return exceptionReply(400, 'WebApplicationException', '', 'javax.ws.rs');
  }
  const id = context['application-id'] ?? '';
  if (!ID.test(id)) return badRequest(`Could not parse application id ${id}`);
  if (!stub.apps.has(id)) stub.submit(id, query.get('user.name') ?? 'dr.who', context);
  return { status: 202, headers: { Location: `${stub.places.rm}/ws/v1/cluster/apps/${id}` } };
}

function list(stub: StubCluster, { query }: Asked): Reply {
  const states = words(query.get('states')).map((state) => state.toUpperCase());
  const odd = states.find((state) => !STATES.includes(state));
  if (odd !== undefined) return badRequest(`Invalid application-state ${odd} specified. It should be one of [${STATES.join(', ')}]`);
  const without = words(query.get('deSelects'));
  const unknown = without.find((name) => !stub.deSelects.includes(name));
  if (unknown !== undefined) return badRequest(`Invalid deSelects string ${unknown} specified. It should be one of [${stub.deSelects.join(', ')}]`);
  const tags = words(query.get('applicationTags')).map((tag) => tag.toLowerCase());
  const among = tags.length === 0 ? stub.apps.values() : new Set(tags.flatMap((tag) => [...(stub.tagged.get(tag) ?? [])]));
  const found: string[] = [];
  for (const app of among) if (states.length === 0 || states.includes(app.state)) found.push(appJson(stub, app, without));
  if (found.length === 0) return jsonReply(stub.emptyList);
  return jsonReply(`{"apps":{"app":[${found.join(',')}]}}`);
}

const words = (text: string | null): string[] => (text ?? '').split(',').filter(Boolean);

function appJson(stub: StubCluster, app: StubApp, without: readonly string[]): string {
  const key = without.join();
  let json = app.cached.get(key);
  if (json === undefined) app.cached.set(key, (json = asJson(appFields(app, stub.places, new Set(without)))));
  return json;
}

function kill(stub: StubCluster, app: StubApp, { body, query }: Asked): Reply {
  if (!body.toString().includes('"KILLED"')) return badRequest("Only 'KILLED' is allowed as a target state.");
  const user = query.get('user.name') ?? 'dr.who';
  if (!stub.mayKill(user, app)) return textReply(`Unauthorized attempt to kill appid ${app.id} by remote user ${user}`, 403);
  if (isOver(app.state)) return jsonReply({ state: app.state });
  if (stub.killEnds) stub.end(app.id, 'KILLED', 'KILLED', `Application ${app.id} was killed by user ${user}`);
  return { ...jsonReply({ state: 'KILLING' }, 202) };
}

function containers(stub: StubCluster, app: StubApp, rest: string): Reply {
  const id = rest.split('/')[2]!;
  const attempt = app.attempts.find((one) => one.id === id);
  if (attempt === undefined) return notFound(`ApplicationAttempt with id '${id}' doesn't exist in RM.`);
  const living = attempt.containers.filter(({ alive }) => alive);
  return jsonReply(living.length === 0 ? {} : { container: living.map((container) => containerFields(app, container, stub.places)) });
}
