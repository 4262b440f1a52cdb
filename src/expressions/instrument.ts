// Puts our limits and types into the parsed tree of the library, part by part. It uses fields that the library does not document, so
// its version is pinned, and test/expressions/ holds all of this.
import type { ASTNode } from '@marcbachmann/cel-js';
import type { Meter } from './meter.ts';
import { Wrong } from './types.ts';

/** How a part is used by the one around it: read whole, gone through, or neither. */
export type Use = 'whole' | 'through' | 'none';

/** The evaluation that is under way; its parts take their steps from this meter. */
export interface Running {
  meter?: Meter;
}

interface Checker {
  getType(name: string): unknown;
}
interface Evaluator {
  run(node: unknown, context: unknown): unknown;
}
type Evaluate = (evaluator: Evaluator, node: unknown, context: unknown) => unknown;
interface Node {
  evaluate: Evaluate;
  readonly meta: {
    readonly check: (checker: Checker, node: unknown, context: unknown) => unknown;
    readonly evaluate: Evaluate;
    /** What a macro such as list.map stands for. */
    readonly alternate?: { evaluate: Evaluate };
    readonly macro?: { evaluate: Evaluate };
  };
  setMeta(key: string, value: unknown): void;
}

/** A part whose type is declared has it, where the library would only know that it is something. */
export function setType(node: ASTNode, type: string): void {
  if (type === 'dyn') return;
  const part = node as unknown as Node;
  const { check } = part.meta;
  part.setMeta('check', (checker: Checker, self: unknown, context: unknown) => {
    check(checker, self, context);
    return checker.getType(type);
  });
}

const LARGEST = 2n ** 63n;

/** Every part counts when it is computed, and what is read whole or gone through counts by its size. */
export function instrument(node: ASTNode, use: Use, running: Running): void {
  const part = node as unknown as Node;
  const { start, end } = node;
  if (node.op === 'rcall' && node.args[0] === 'join') part.setMeta('evaluate', joined(node.args[1], node.args[2], running));
  part.evaluate = (evaluator, self, context) => {
    running.meter!.take(1);
    const stands = part.meta.alternate ?? part.meta.macro;
    let value: unknown;
    try {
      value = stands ? stands.evaluate(evaluator, stands, context) : part.meta.evaluate(evaluator, self, context);
    } catch (error) {
      // To make an error costs more than to compute, and CEL goes on after most of them.
      running.meter!.take(10);
      // Only errors of our functions come without a place; that of the meter has none.
      throw error instanceof Wrong && error.length === 0 && node.op === 'call' ? new Wrong(error.message, start, end - start) : error;
    }
    if (typeof value === 'bigint' && node.op !== 'value' && (value >= LARGEST || value < -LARGEST))
      throw new Wrong('is too large for an int, which has 64 bits', start, end - start);
    if (use === 'whole') running.meter!.weigh(value);
    if (use === 'through') running.meter!.count(value);
    return value;
  };
}

/** The library's join writes the separator as often as it is told to; ours takes the steps for that first. */
function joined(list: ASTNode, [separator]: readonly ASTNode[], running: Running): Evaluate {
  return (evaluator, _, context) => {
    const entries = evaluator.run(list, context);
    const between = separator ? evaluator.run(separator, context) : '';
    if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === 'string') || typeof between !== 'string') {
      throw new Wrong('join is for lists of texts; write list.map(x, string(x)).join(",")', list.start, list.end - list.start);
    }
    running.meter!.take(Math.floor((entries.length * between.length) / 16));
    return entries.join(between);
  };
}
