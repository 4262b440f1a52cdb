// Every handler by its route's name. The type says that none is missing.
import type { Metrics } from '../metrics.ts';
import type { Handlers } from '../route.ts';
import type { Streams } from '../streams.ts';
import { accessHandlers } from './access.ts';
import { artifactHandlers } from './artifacts.ts';
import { backfillHandlers } from './backfills.ts';
import { definitionHandlers } from './definitions.ts';
import { jobHandlers } from './jobs.ts';
import { operationHandlers } from './operations.ts';
import { runHandlers } from './runs.ts';
import { scheduleHandlers } from './schedules.ts';
import { streamHandlers } from './streams.ts';
import { systemHandlers } from './system.ts';

export function createHandlers(parts: { readonly metrics: Metrics; readonly streams: Streams }): Handlers {
  return {
    ...systemHandlers(parts.metrics),
    ...jobHandlers,
    ...scheduleHandlers,
    ...backfillHandlers,
    ...runHandlers,
    ...streamHandlers(parts.streams),
    ...definitionHandlers,
    ...accessHandlers,
    ...artifactHandlers,
    ...operationHandlers,
  };
}
