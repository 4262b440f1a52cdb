// Has moved.
export * from '../compose/spec.ts';
export * from '../compose/check.ts';
