// The command line of the embedded Temporal server, in one place for the product and its tests.
import { SEARCH_ATTRIBUTES } from '../specs/search-attributes.ts';

/** Where a development server listens and keeps its database. */
export interface ServerPlace {
  readonly database: string;
  readonly port: number;
  /** Port of the Temporal UI; undefined starts none. */
  readonly uiPort?: number | undefined;
  readonly httpPort: number;
  readonly metricsPort: number;
}

/**
 * Settings of the server for one machine. Temporal lets each of a shard's queues load new tasks 20 times a second; the development server
 * has one shard, so that a few jobs a second already wait 30 to 50 ms at each of their steps. And it reads the search attributes anew from
 * its database at every start of a workflow; ours are there before it serves.
 */
const SETTINGS = {
  'history.transferProcessorMaxPollRPS': 1_000,
  'history.timerProcessorMaxPollRPS': 1_000,
  'history.visibilityProcessorMaxPollRPS': 1_000,
  'system.forceSearchAttributesCacheRefreshOnRead': false,
};

/** Arguments of `temporal`: a database that survives a power cut of the process, loopback only, our search attributes. */
export function serverArguments(place: ServerPlace): string[] {
  const [port, httpPort, metricsPort] = [place.port, place.httpPort, place.metricsPort].map(String) as [string, string, string];
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', port, '--http-port', httpPort, '--metrics-port', metricsPort];
  args.push('--db-filename', place.database, '--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1');
  for (const [name, value] of Object.entries(SETTINGS)) args.push('--dynamic-config-value', `${name}=${value}`);
  args.push('--log-level', 'warn', '--log-format', 'json');
  if (place.uiPort === undefined) args.push('--headless');
  else args.push('--ui-ip', '127.0.0.1', '--ui-port', String(place.uiPort));
  for (const name of SEARCH_ATTRIBUTES) args.push('--search-attribute', `${name}=Keyword`);
  return args;
}
