// Has moved.
export * from '../compose/job-id.ts';
