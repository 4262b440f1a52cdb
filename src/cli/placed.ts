// What the server says of a document, at the lines of its file.
import type { ClientError } from '../client/index.ts';
import { dotted, pathOfPointer, type Loaded } from './documents.ts';
import { CliError } from './failure.ts';

/** Throws the server's complaints with the document's lines; other failures as they are. */
export const fileErrors =
  (document: Loaded) =>
  (error: ClientError): never => {
    if (error.name !== 'ClientError') throw error;
    const whole = `${document.place([])} ${document.kind} ${document.name}: ${error.detail}`;
    const lines = error.errors.map(({ path, message, value }) => {
      const at = pathOfPointer(path);
      return `${document.place(at)} ${dotted(at)}: ${message}${value === undefined ? '' : ` (is ${value})`}`;
    });
    throw new CliError(lines.length > 0 ? lines.join('\n') : whole, { exitCode: error.exitCode, advice: error.advice, cause: error });
  };
