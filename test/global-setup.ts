// Fetches the programs of Temporal once, before test files that run side by side would all do it.
import { temporalCli, timeSkippingServer } from './helpers/temporal.ts';

export default async function setup(): Promise<void> {
  await Promise.all([temporalCli(), timeSkippingServer()]);
}
