// docs/errors.md, made from the catalogue: `node src/api/errors-page.ts > docs/errors.md`. A test fails when it is stale.
import { ERRORS, OUTCOME_CODES } from '../specs/errors.ts';
import { table } from './markdown.ts';

const HEAD = `# Errors

Made from the catalogue by \`node src/api/errors-page.ts\`. Codes are stable: match on them, not on texts.

## Of requests

Every failed request is answered by \`application/problem+json\` with these codes. "Again" says whether the same request may succeed later.
CLI commands end with the exit code; 1 is kept for jobs that failed.
`;

const OUTCOMES = `
## Of jobs

An end that is not a success carries one of these codes and says who is to blame: retry policies (\`retry.on\`) and alerts key on it.
`;

/** The whole page. */
export function errorsPage(): string {
  const requests = Object.entries(ERRORS).map(([code, row]) => [
    `\`${code}\``,
    String(row.status),
    String(row.exitCode),
    row.retryable ? 'yes' : 'no',
    row.title,
    row.advice,
  ]);
  const outcomes = Object.entries(OUTCOME_CODES).map(([code, blame]) => [`\`${code}\``, blame]);
  return `${HEAD}
${table(['Code', 'Status', 'Exit code', 'Again', 'Meaning', 'What to do'], requests)}${OUTCOMES}
${table(['Code', 'Blame'], outcomes)}`;
}

if (import.meta.main) process.stdout.write(errorsPage());
