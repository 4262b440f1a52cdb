// Logs as the web services of a NodeManager and of a JobHistoryServer give them, the ApplicationHistoryServer, and what a node has of an application.
import { jsonReply, noService, notFound, type Asked, type Reply } from './server.ts';
import { containerFields, historyFields, isOver, type StubApp, type StubContainer } from './apps.ts';
import type { StubCluster } from './cluster.ts';

const RULE = '='.repeat(68);
const STARS = '*'.repeat(71);
const TIME = 'Thu Nov 26 10:39:08 +0000 2026';

/** `size` as the services take it: −n for the last n bytes, n for the first. */
function logReply(container: StubContainer, file: string, contents: Buffer, size: string | null, local: boolean): Reply {
  const wanted = size === null ? undefined : Number(size);
  const part = wanted === undefined ? contents : wanted < 0 ? contents.subarray(Math.max(0, contents.length + wanted)) : contents.subarray(0, wanted);
  const head = `Container: ${container.id} on ${local ? 'localhost:20995' : 'localhost_20995'}\nLogAggregationType: ${local ? 'LOCAL' : 'AGGREGATED'}\n${RULE}\nLogType:${file}\nLogLastModifiedTime:${TIME}\nLogLength:${contents.length}\nLogContents:\n`;
  const running = `.${container.alive ? `This log file belongs to a running container (${container.id}) and so may not be complete.` : ''}`;
  const foot = local ? `\nEnd of LogType:${file}${running}\n${STARS}\n\n\n` : `\n\nEnd of LogType:${file}\n${STARS}\n\n\n`;
  return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: Buffer.concat([Buffer.from(head), part, Buffer.from(foot)]) };
}

/** What it does not have (any more) is at the log server. */
export function answerAsNode(stub: StubCluster, asked: Asked): Reply {
  const [, id, file] = /^\/ws\/v1\/node\/containerlogs\/([^/]+)\/([^/]+)$/.exec(asked.path) ?? [];
  if (id !== undefined && file !== undefined) {
    if (!/^container_(?:e\d+_)?\d+_\d+_\d+_\d+$/.test(id)) return noService(asked, 400, 'Bad Request');
    const found = stub.containers.get(id);
    const contents = found !== undefined && stub.nodeHas(found.app) ? found.container.files.get(file) : undefined;
    if (contents !== undefined) return logReply(found!.container, file, contents, asked.query.get('size'), true);
    if (!stub.nodeRedirects) return notFound(`Cannot find this log on the local disk.`);
    const query = new URLSearchParams([...asked.query, ['redirected_from_node', 'true']]).toString();
    return { status: 307, headers: { Location: `${stub.logServer ?? stub.history.url}/ws/v1/history/containers/${id}/logs/${file}?${query}` } };
  }
  const [, app] = /^\/ws\/v1\/node\/apps\/([^/]+)$/.exec(asked.path) ?? [];
  if (app !== undefined) return nodeApp(stub, app);
  return noService(asked);
}

function nodeApp(stub: StubCluster, id: string): Reply {
  const app = stub.apps.get(id);
  if (app === undefined || !stub.nodeHas(app)) return notFound(`app with id ${id} not found`);
  const alive = app.attempts.flatMap(({ containers }) => containers.filter((container) => container.alive).map((container) => container.id));
  return jsonReply({ app: { id, state: 'RUNNING', user: app.user, ...(alive.length > 0 && { containerids: alive }) } });
}

/** The JobHistoryServer. Of containers that it does not have it speaks in a text, of applications with an error. */
export function answerAsHistory(stub: StubCluster, asked: Asked): Reply {
  const [, id, file] = /^\/ws\/v1\/history\/containerlogs\/([^/]+)\/([^/]+)$/.exec(asked.path) ?? [];
  if (id !== undefined && file !== undefined) {
    const found = stub.containers.get(id);
    if (found === undefined || !stub.aggregated.has(found.app.id)) return noService(asked, 500, 'Request failed.');
    const contents = found.container.files.get(file);
    if (contents === undefined) return { status: 200, headers: { 'Content-Type': 'text/plain' }, body: `Can not find logs for container:${id}` };
    return logReply(found.container, file, contents, asked.query.get('size'), false);
  }
  const app = asked.path === '/ws/v1/history/aggregatedlogs' ? asked.query.get('appid') : null;
  return app === null ? noService(asked) : aggregatedLogs(stub, app);
}

function aggregatedLogs(stub: StubCluster, id: string): Reply {
  const app = stub.apps.get(id);
  if (app !== undefined && !isOver(app.state)) return notFound('The application is not at Running or Finished State.');
  const logs = [...stub.containers.values()].filter(({ app }) => app.id === id).map(({ container }) => container);
  if (!stub.aggregated.has(id) || logs.length === 0) {
    const message = `Can not find remote application directory for the application:${id}\n`;
    return jsonReply(
      { RemoteException: { exception: 'WebApplicationException', message, javaClassName: 'javax.ws.rs.WebApplicationException' } },
      503,
    );
  }
  const infos = logs.map((container) => ({
    containerLogInfo: [...container.files].map(([fileName, content]) => ({ fileName, fileSize: content.length, lastModifiedTime: TIME })),
    logAggregationType: 'AGGREGATED',
    containerId: container.id,
    nodeId: 'localhost_20995',
  }));
  // A list of one is no list.
  return jsonReply({ containerLogsInfoes: { containerLogsInfo: infos.length === 1 ? infos[0] : infos } });
}

/** A list of one is no list here, either. */
export function answerAsTimeline(stub: StubCluster, asked: Asked): Reply {
  const [, id, rest = ''] = /^\/ws\/v1\/applicationhistory\/apps\/([^/]+)(\/.*)?$/.exec(asked.path) ?? [];
  if (id === undefined) return noService(asked);
  const app: StubApp | undefined = stub.remembered.get(id);
  if (app === undefined) return notFound(`The entity for application ${id} doesn't exist in the timeline store`);
  if (rest === '') return jsonReply({ app: historyFields(app, stub.places) });
  const attempts = app.attempts.map((one) => ({ appAttemptId: one.id, appAttemptState: one.state, amContainerId: one.containers[0]!.id }));
  if (rest === '/appattempts') return jsonReply({ appAttempts: { appAttempt: attempts.length === 1 ? attempts[0] : attempts.toReversed() } });
  const attempt = app.attempts.find((one) => rest === `/appattempts/${one.id}/containers`);
  if (attempt === undefined) return noService(asked);
  const containers = attempt.containers.map((one) => ({ ...containerFields(app, one, stub.places), containerState: 'COMPLETE' }));
  return jsonReply({ containers: { container: containers.length === 1 ? containers[0] : containers } });
}
