// Errors of expressions as errors of the document they stand in: where, in words, and at which place of the text.
import type { TemplateError } from '../expressions/template.ts';
import type { ExpressionError } from '../expressions/types.ts';
import type { FieldError } from '../specs/errors.ts';
import { fieldError } from '../specs/validate.ts';
import type { Path } from './written.ts';

/** What is wrong, and where in the text. */
export const inWords = ({ message, line, column }: ExpressionError): string => `${message} (line ${line}, column ${column})`;

/** The error of an expression whose text stands at `path`. */
export const expressionError = (path: Path, error: ExpressionError | TemplateError): FieldError => fieldError(path, inWords(error), error.value);
