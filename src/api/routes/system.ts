// Health, metrics, documentation, and who asks.
import { tokenView } from '../../core/views.ts';
import { sendDocsFile, sendDocsPage } from '../docs-page.ts';
import type { Metrics } from '../metrics.ts';
import { openApi } from '../openapi.ts';
import type { Handlers } from '../route.ts';

type Names = 'live' | 'ready' | 'metrics' | 'openapi' | 'schema' | 'docs' | 'docsFile' | 'whoami' | 'adapters';

export function systemHandlers(metrics: Metrics): Pick<Handlers, Names> {
  let document: Record<string, unknown> | undefined;
  let schema: Record<string, unknown> | undefined;
  return {
    live: async () => ({ status: 'ok' }),
    ready: async ({ core, res }) => {
      const health = await core.health();
      if (health.status !== 'ok') res.status(503);
      return health;
    },
    metrics: async ({ core, caller, res }) => {
      res.type(metrics.contentType).send(await metrics.page(core, caller));
    },
    openapi: async () => (document ??= { ...openApi() }),
    schema: async ({ core }) => (schema ??= core.documentSchema()),
    docs: async ({ res }) => sendDocsPage(res),
    docsFile: async ({ params, res }) => await sendDocsFile(res, params.file),
    whoami: async ({ caller }) => tokenView(caller.token),
    adapters: async ({ core, caller }) => await core.types(caller),
  };
}
