// Free ports for servers that tests start.
import { freePorts } from '../../src/temporal/ports.ts';

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
