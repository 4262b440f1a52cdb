// Goes through the parsed tree: holds it to the limits, resolves every name, and notes what is read.
import type { ASTNode } from '@marcbachmann/cel-js';
import { didYouMean } from '../specs/near.ts';
import { checkConstant, FUNCTIONS, LEFT_OUT, LOOPS, METHODS } from './functions.ts';
import { instrument, setType, type Running, type Use } from './instrument.ts';
import { LIMITS } from './limits.ts';
import { celType, ROOTS, UNKNOWN, written, type Members, type Shape } from './shapes.ts';
import { Wrong } from './types.ts';

type Scope = Readonly<Record<string, Shape>>;

/** Goes through one expression once; what it found is in its fields. */
export class Walk {
  readonly shapes: Scope;
  readonly running: Running = {};
  readonly members = new Map<string, Set<string> | undefined>();
  zones = false;
  readonly #text: string;
  #parts = 0;

  constructor(shapes: Scope, text: string) {
    this.shapes = shapes;
    this.#text = text;
  }

  /** What is known of a part; throws at the first name, function or constant that cannot be meant. */
  shape(node: ASTNode, scope: Scope = this.shapes, use: Use = 'none', depth = 1): Shape {
    if (depth > LIMITS.depth) throw new Wrong(`is nested more than ${LIMITS.depth} deep`, node.start);
    if (++this.#parts > LIMITS.parts) throw new Wrong(`has more than ${LIMITS.parts} parts`, node.start);
    const shape = this.#shape(node, scope, depth);
    setType(node, celType(shape));
    instrument(node, use, this.running);
    return shape;
  }

  #shape(node: ASTNode, scope: Scope, depth: number): Shape {
    const inner = (part: ASTNode, use: Use = 'none'): Shape => this.shape(part, scope, use, depth + 1);
    switch (node.op) {
      case 'value':
        return this.#constant(node);
      case 'id':
        return this.#name(node, scope);
      case '.':
      case '[]':
      case '.?':
      case '[?]':
        return this.#member(node, scope, depth);
      case 'call':
        return this.#call(node, inner);
      case 'rcall':
        return this.#method(node, scope, depth, inner);
      case 'list':
        for (const entry of node.args) inner(entry);
        return UNKNOWN;
      case 'map':
        for (const part of node.args.flat()) inner(part);
        return UNKNOWN;
      case '?:':
      case '||':
      case '&&':
        for (const part of node.args) inner(part);
        return UNKNOWN;
      case '!_':
      case '-_':
        inner(node.args);
        return UNKNOWN;
      default:
        for (const part of node.args) inner(part, 'whole');
        return UNKNOWN;
    }
  }

  #constant(node: ASTNode & { op: 'value' }): Shape {
    const { args: value, start, end } = node;
    if (typeof value === 'object' && value !== null) throw new Wrong('there are no bytes and no unsigned numbers in expressions', start, end - start);
    if (typeof value === 'bigint' && value > 2n ** 63n) throw new Wrong('is too large for an int, which has 64 bits', start, end - start);
    return UNKNOWN;
  }

  #name(node: ASTNode & { op: 'id' }, scope: Scope): Shape {
    const name = node.args;
    if (Object.hasOwn(scope, name)) {
      if (scope[name] === this.shapes[name]) this.members.set(name, undefined);
      return scope[name]!;
    }
    if (Object.hasOwn(ROOTS, name)) throw new Wrong(ROOTS[name]!, node.start, name.length);
    const parameters = this.shapes.params?.members?.names() ?? [];
    const hint = parameters.includes(name)
      ? `; did you mean "${written('params', name)}"?`
      : didYouMean(name, [...Object.keys(scope), ...parameters]);
    const call = Object.hasOwn(FUNCTIONS, name) ? `; write ${FUNCTIONS[name]!.usage}` : '';
    throw new Wrong(`there is no name "${name}"${call || hint}`, node.start, name.length);
  }

  #member(node: ASTNode & { op: '.' | '[]' | '.?' | '[?]' }, scope: Scope, depth: number): Shape {
    const [owner, member] = node.args;
    const root = owner.op === 'id' && scope[owner.args] === this.shapes[owner.args] ? owner.args : undefined;
    const before = root === undefined ? undefined : this.members.get(root);
    const known = root !== undefined && this.members.has(root);
    const shape = this.shape(owner, scope, 'none', depth + 1);
    const index = typeof member === 'string' ? undefined : this.#index(member, scope, depth);
    const name = typeof member === 'string' ? member : index;
    if (root !== undefined && name !== undefined) this.members.set(root, known ? before && before.add(name) : new Set([name]));
    if (name === undefined) return shape.list ?? UNKNOWN;
    if (!shape.members) return UNKNOWN;
    const found = shape.members.get(name);
    if (found) return found;
    const [start, length] = typeof member === 'string' ? [node.pos, name.length] : [member.start, member.end - member.start];
    throw new Wrong(this.#noMember(shape.members, this.#text.slice(owner.start, owner.end), name), start, length);
  }

  #index(node: ASTNode, scope: Scope, depth: number): string | undefined {
    this.shape(node, scope, 'whole', depth + 1);
    return node.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
  }

  #noMember({ word, of, names, refused }: Members, owner: string, name: string): string {
    const refusal = refused?.(name);
    if (refusal !== undefined) return refusal;
    const none = `there is no ${word} "${name}"${of}`;
    const dashed = names().find((known) => known.startsWith(`${name}-`));
    return dashed === undefined ? `${none}${didYouMean(name, names())}` : `${none}; a name with "-" is written ${written(owner, dashed)}`;
  }

  #call(node: ASTNode & { op: 'call' }, inner: (part: ASTNode, use?: Use) => Shape): Shape {
    const [name, parts] = node.args;
    this.#exists(name, FUNCTIONS, node.start);
    const { zoneFrom } = FUNCTIONS[name]!;
    if (zoneFrom !== undefined && parts.length >= zoneFrom) this.zones = true;
    parts.forEach((part, i) => {
      inner(part, name === 'has' ? 'none' : 'whole');
      if (part.op === 'value') this.#meant(() => checkConstant(name, i, part.args), part);
    });
    return UNKNOWN;
  }

  #meant(check: () => void, { start, end }: ASTNode): void {
    try {
      check();
    } catch (error) {
      throw error instanceof Wrong ? new Wrong(error.message, start, end - start) : error;
    }
  }

  #method(node: ASTNode & { op: 'rcall' }, scope: Scope, depth: number, inner: (part: ASTNode, use?: Use) => Shape): Shape {
    const [name, receiver, parts] = node.args;
    this.#exists(name, METHODS, receiver.end + 1);
    if (!LOOPS.has(name)) {
      inner(receiver, 'whole');
      for (const part of parts) inner(part, 'whole');
      return UNKNOWN;
    }
    const list = inner(receiver, 'through');
    const [variable, ...rest] = parts;
    if (variable?.op !== 'id') throw new Wrong(`write ${METHODS[name]!.usage}`, node.start, node.end - node.start);
    if (Object.hasOwn(scope, variable.args) || Object.hasOwn(ROOTS, variable.args)) {
      throw new Wrong(`"${variable.args}" is taken; give the entry another name`, variable.start, variable.args.length);
    }
    const within = { ...scope, [variable.args]: list.list ?? UNKNOWN };
    const results = rest.map((part) => this.shape(part, within, 'none', depth + 1));
    if (name === 'filter') return list;
    return name === 'map' && results.length > 0 ? { list: results.at(-1)! } : UNKNOWN;
  }

  #exists(name: string, table: Readonly<Record<string, { readonly usage: string }>>, start: number): void {
    if (Object.hasOwn(table, name)) return;
    const other = table === METHODS ? FUNCTIONS : METHODS;
    const hint = Object.hasOwn(LEFT_OUT, name)
      ? `: ${LEFT_OUT[name]}`
      : Object.hasOwn(other, name)
        ? `; write ${other[name]!.usage}`
        : didYouMean(name, Object.keys(table));
    throw new Wrong(`there is no function "${name}"${hint}`, start, name.length);
  }
}
