// Time zones: what clock a zone shows at an instant, and at which instants it shows a given time. Everything about zones comes from Intl,
// whose data changes with the machine: never call this in a workflow, only where a result goes into history.

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
/** Transitions are looked for, and remembered, in pieces of this length. */
const PIECE = 64 * DAY;
/** No zone is further from UTC than this, also where it changed sides of the date line. */
const WIDEST = 36 * HOUR;

/** A change of a zone's offset. `before` and `after` are offsets from UTC in milliseconds. The first instant with the new one is `at`. */
export interface Transition {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Throws RangeError for a zone that Intl does not know. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) formats.set(zone, (format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })));
  return format;
}

/** Offset from UTC as Intl says it, in milliseconds. Some microseconds each: everything else goes by the remembered pieces. */
function askOffset(zone: string, instant: number): number {
  const format = formatOf(zone);
  const [, sign, hours, minutes, seconds] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(instant))!;
  if (hours === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * 60 * SECOND + Number(seconds ?? 0) * SECOND);
}

interface Piece {
  readonly offset: number;
  readonly transitions: readonly Transition[];
}
const pieces = new Map<string, Piece>();
/** A piece is some hundred bytes; a process that plans for decades in many zones begins anew rather than grow. */
const MOST_PIECES = 20_000;

/** Offset just before the piece, and its transitions. Days are compared, since no zone changes and changes back within one. */
function pieceOf(zone: string, index: number): Piece {
  const key = `${zone} ${index}`;
  const known = pieces.get(key);
  if (known !== undefined) return known;
  const start = index * PIECE - SECOND;
  const offset = askOffset(zone, start);
  const transitions: Transition[] = [];
  let before = offset;
  for (let low = start; low < start + PIECE; low += DAY) {
    const after = askOffset(zone, low + DAY);
    if (after === before) continue;
    let [same, changed] = [low, low + DAY];
    while (changed - same > SECOND) {
      const middle = same + Math.floor((changed - same) / 2 / SECOND) * SECOND;
      if (askOffset(zone, middle) === before) same = middle;
      else changed = middle;
    }
    transitions.push({ at: changed, before, after });
    before = after;
  }
  if (pieces.size >= MOST_PIECES) pieces.clear();
  const piece = { offset, transitions };
  pieces.set(key, piece);
  return piece;
}

/** Transitions with from ≤ at < to, in order. */
export function transitionsBetween(zone: string, from: number, to: number): Transition[] {
  if (zone === 'UTC') return [];
  const found: Transition[] = [];
  for (let index = Math.floor(from / PIECE); index * PIECE < to; index++)
    for (const transition of pieceOf(zone, index).transitions) if (transition.at >= from && transition.at < to) found.push(transition);
  return found;
}

/** Offset from UTC in milliseconds: local time = instant + offset. */
export function offsetAt(zone: string, instant: number): number {
  if (zone === 'UTC') return 0;
  const piece = pieceOf(zone, Math.floor(instant / PIECE));
  let offset = piece.offset;
  for (const { at, after } of piece.transitions) if (at <= instant) offset = after;
  return offset;
}

/**
 * A local time is written as a number, the instant at which a clock in UTC shows it ("wall"): so days and cron fields need no zone.
 * The instants at which the zone's clock shows it: none in a gap, two where the clock is put back, else one.
 */
export function instantsOf(zone: string, wall: number): number[] {
  const transitions = transitionsBetween(zone, wall - WIDEST, wall + WIDEST);
  if (transitions.length === 0) return [wall - offsetAt(zone, wall)];
  const offsets = new Set([transitions[0]!.before, ...transitions.map(({ after }) => after)]);
  return [...offsets]
    .map((offset) => wall - offset)
    .filter((instant) => instant + offsetAt(zone, instant) === wall)
    .sort((a, b) => a - b);
}

/** The first instant at which the zone's clock shows `wall` or, where it never does, has gone past it. */
export function firstInstantOf(zone: string, wall: number): number {
  const [first] = instantsOf(zone, wall);
  if (first !== undefined) return first;
  const gap = transitionsBetween(zone, wall - WIDEST, wall + WIDEST).find(({ at, before, after }) => at + before <= wall && wall < at + after);
  return gap!.at;
}

/** What the zone's clock shows. */
export const wallOf = (zone: string, instant: number): number => instant + offsetAt(zone, instant);

/** Whether Intl knows this zone and it is a place (or UTC): "EST" and "+01:00" have no summer time, and their users mean a place that has. */
export function isZone(zone: string): boolean {
  if (zone === 'UTC') return true;
  if (!/^[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+){1,2}$/.test(zone)) return false;
  try {
    return formatOf(zone) !== undefined;
  } catch {
    return false;
  }
}
