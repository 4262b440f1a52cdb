// Every workflow type, under the names of WORKFLOW_TYPES: the entry of the workflow bundle.
export { dag } from './dag/dag.workflow.ts';
export { job } from './job/job.workflow.ts';
export { worker } from './worker/worker.workflow.ts';
export { sweep } from './sweep/sweep.workflow.ts';
export { hook } from './hook/hook.workflow.ts';
export { schedule } from './schedule/schedule.workflow.ts';
export { backfill } from './backfill/backfill.workflow.ts';
