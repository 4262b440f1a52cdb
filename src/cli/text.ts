// Text that came from a server may carry terminal escapes; on a terminal only colours of logs pass.
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Status } from '../specs/status.ts';

const ESC = String.fromCharCode(27);

/** Without escapes, control characters (but newline and tab) and characters that reverse the reading direction. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '');
}

/** One line of it. */
export const oneLine = (text: string): string => plain(text.replace(/\s+/g, ' ')).trim();

/** Log text for a terminal: colours stay, everything that moves, erases or asks the terminal goes. */
export function logForTerminal(text: string): string {
  const [first = '', ...rest] = text.split(ESC);
  return plain(first) + rest.map((piece) => coloured(piece)).join('');
}

function coloured(piece: string): string {
  const colour = /^\[[\d;]*m/.exec(piece)?.[0];
  return colour === undefined ? plain(ESC + piece) : ESC + colour + plain(piece.slice(colour.length));
}

type Style = 'green' | 'red' | 'yellow' | 'cyan' | 'magenta' | 'dim' | 'bold';

const STATUS_STYLE: Readonly<Record<Status, Style>> = {
  CREATED: 'dim',
  ACCEPTED: 'yellow',
  STARTING: 'cyan',
  RUNNING: 'cyan',
  SUCCEED: 'green',
  START_FAILED: 'red',
  FAILED: 'red',
  KILLED: 'magenta',
  CANCELED: 'magenta',
  UNKNOWN: 'yellow',
};

/** Colours text when `on`. */
export const paint = (on: boolean, style: Style, text: string): string => (on ? styleText(style, text, { validateStream: false }) : text);

/** A status in its colour; one that only a newer server knows is dim. */
export const paintStatus = (on: boolean, status: Status): string =>
  paint(on, Object.hasOwn(STATUS_STYLE, status) ? STATUS_STYLE[status] : 'dim', oneLine(status));

/** The same of a node's status, which may be one of its own. */
export const paintNode = (on: boolean, status: Status | 'WAITING' | 'SKIPPED' | 'DISABLED'): string => paintStatus(on, status as Status);
