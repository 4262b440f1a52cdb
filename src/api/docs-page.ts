// The documentation page: Swagger UI from this server's own files, under a policy that runs no inline script.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Response } from 'express';
import type { DocsFile } from '../specs/routes.schema.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Longshore API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/init.js"></script>
  </body>
</html>
`;
const INIT = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });\n`;

const TYPES: Record<DocsFile, string> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'init.js': 'text/javascript',
};

export function sendDocsPage(res: Response): void {
  res.set('Content-Security-Policy', POLICY).type('html').send(PAGE);
}

export async function sendDocsFile(res: Response, file: DocsFile): Promise<void> {
  const content = file === 'init.js' ? INIT : await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${file}`)));
  res.set('Cache-Control', 'public, max-age=3600').type(TYPES[file]).send(content);
}
