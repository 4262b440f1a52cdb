// Words of help that several commands share.

/** The argument <job>. */
export const JOB = 'job id, or "last" for the newest';
/** The argument <id> of commands that are about jobs and runs. */
export const JOB_OR_RUN = 'id of a job or a run, or "last" for the newest';
/** The argument <run>. */
export const RUN = 'run id, or "last" for the newest';
/** The argument [node] where items have jobs of their own. */
export const NODE_OR_ITEM = 'of a run: the node, or NODE/ITEM';
