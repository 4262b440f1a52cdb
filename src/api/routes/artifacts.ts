// Uploads by SHA-256.
import type { Handlers } from '../route.ts';
import { uploadOf } from '../upload.ts';

export const artifactHandlers: Pick<Handlers, 'putArtifact' | 'hasArtifact'> = {
  putArtifact: async ({ core, caller, query, req }) => await core.putArtifact(caller, { content: uploadOf(req), sha256: query.sha256 }),
  hasArtifact: async ({ core, caller, params }) => await core.hasArtifact(caller, { sha256: params.sha256 }),
};
