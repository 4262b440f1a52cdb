// The retry policy of a job that says nothing of it. Free of zod, because workflows complete what came by raw signals.

export const RETRY = { attempts: 1, backoff: { initial: '10s', factor: 2, max: '10m' }, on: ['any'], anotherWorker: false } as const;
