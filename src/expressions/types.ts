// What an expression may name, of which type, and what is said when it is wrong. Plain JSON, so that it can be stored and sent.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Types of parameters, outputs and items. A date is 2026-11-25, a datetime 2026-11-26T06:00:00+01:00: texts, both. */
export type ValueType = 'string' | 'int' | 'float' | 'bool' | 'date' | 'datetime' | 'file' | 'json';

/** What is known of a result before it is computed; `json` is known only when it runs. */
export type ResultType = 'string' | 'int' | 'float' | 'bool' | 'null' | 'list' | 'map' | 'json';

/** What is known of a node before it runs. */
export interface NodeDeclaration {
  /** The outputs that its job declares. Absent: not known when saved, so that every name passes. */
  readonly outputs?: Readonly<Record<string, ValueType>>;
  /** Its outputs are a list with one entry for each item, in item order (foreach; in the job that follows the items also mapReduce and broadcast). */
  readonly each?: boolean;
}

/** Every name that an expression may use where it stands; the same for the check and for every evaluation. */
export interface Declarations {
  /** Parameters of the DAG. Absent: none. */
  readonly params?: Readonly<Record<string, ValueType>>;
  /** Whether the run stands for a cycle. Absent: it does not. */
  readonly cycle?: boolean;
  /** The type of an item, inside foreach only; index goes with it. */
  readonly item?: ValueType;
  /** The nodes upstream of the one where the expression stands. Absent: none. */
  readonly nodes?: Readonly<Record<string, NodeDeclaration>>;
  /** Nodes that exist but are not upstream: named in the error, so that it can say what to add to needs. */
  readonly notUpstream?: readonly string[];
}

/** The cycle that a run stands for. */
export interface CycleValues {
  /** The planned time, with the offset of the schedule's zone: 2026-11-26T06:00:00+01:00. */
  readonly planned: string;
  /** The day that the data are of: by default the day before the planned one, in the schedule's zone. Kept by reruns. */
  readonly dataDate: string;
  /** The planned times before and after it, where there are such. */
  readonly previous?: string;
  readonly next?: string;
  /** The schedule's zone, such as Europe/Berlin. */
  readonly zone: string;
}

/** A node upstream, as it ended. */
export interface NodeValues {
  readonly status: string;
  /** 1 is the first. */
  readonly attempt: number;
  /** Why it did not succeed, such as EXIT_CODE. */
  readonly code?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface RunValues {
  readonly id: string;
  readonly app: string;
  readonly dag: string;
  readonly version: number;
  /** The actual time: when the run began. Fixed for the run, so that every evaluation sees the same. */
  readonly startedAt: string;
  readonly by: string;
}

/** The values of one evaluation. What is absent cannot be read; `has()` tells. */
export interface Values {
  readonly params?: Readonly<Record<string, Json>>;
  readonly cycle?: CycleValues;
  readonly item?: Json;
  /** 0 is the first. */
  readonly index?: number;
  readonly nodes?: Readonly<Record<string, NodeValues>>;
  /** Outputs of the nodes that succeeded. */
  readonly outputs?: Readonly<Record<string, Json>>;
  readonly run: RunValues;
}

/** What is wrong with an expression, and where. */
export interface ExpressionError {
  readonly message: string;
  /** Both from 1, in the text that was given. */
  readonly line: number;
  readonly column: number;
  /** The part of the text that is meant. */
  readonly value: string;
}

/** What an expression reads. */
export interface Reads {
  readonly nodes: readonly string[];
  /** It reads nodes or outputs by a name that is computed, so that any may be meant. */
  readonly anyNode: boolean;
  /** It converts between time zones, whose rules change: in a workflow it has to be computed in an activity. */
  readonly zones: boolean;
}

export type Result<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: ExpressionError };

/** A wrong expression, on its way to the caller, who gets it as a Result: nothing is thrown at callers. */
export class Wrong extends Error {
  readonly offset: number;
  readonly length: number;
  constructor(message: string, offset = 0, length = 0) {
    super(message);
    this.offset = offset;
    this.length = length;
  }
}

/** Line and column of an offset, both from 1. */
function position(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

const SHOWN = 80;

/** The error of a part of a text; a part that is not known is the whole text. */
export function errorAt(text: string, message: string, offset = 0, length = 0): ExpressionError {
  const part = length > 0 ? text.slice(offset, offset + length) : text.slice(offset);
  const value = part.length > SHOWN ? `${part.slice(0, SHOWN - 1)}…` : part;
  return { message, ...position(text, offset), value };
}
