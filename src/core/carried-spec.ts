// Has moved.
export * from '../compose/carried-spec.ts';
