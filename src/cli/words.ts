// Words of help that several commands share.

/** The argument <job>. */
export const JOB = 'job id, or "last" for the newest';
