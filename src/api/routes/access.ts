// Tokens and webhook keys of apps.
import type { Handlers } from '../route.ts';

type Names = 'listTokens' | 'createToken' | 'revokeToken' | 'signingKey';

export const accessHandlers: Pick<Handlers, Names> = {
  listTokens: async ({ core, caller, params }) => await core.listTokens(caller, { app: params.name }),
  createToken: async ({ core, caller, params, body }) => await core.createToken(caller, { ...body, app: params.name }),
  revokeToken: async ({ core, caller, params }) => await core.revokeToken(caller, { app: params.name, id: params.id }),
  signingKey: async ({ core, caller, params }) => await core.signingKey(caller, { app: params.name }),
};
