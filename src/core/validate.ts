// Has moved.
export * from '../specs/validate.ts';
