// What the Temporal UI shows of a job beside its history.
import type { JobState } from './job.state.ts';

/** Markdown of status, attempt, reason, handle and tracking address; at most a few KB. */
export function currentDetails(state: JobState): string {
  const { observation, handle, killRequested } = state;
  const lines = [
    `**${state.status}** · attempt ${state.attempt}`,
    state.reason,
    state.code && `code ${state.code}, blame ${state.blame}`,
    state.workerId && `worker \`${code(state.workerId)}\``,
    handle && `handle \`${code(handle.id)}\``,
    state.key && `key \`${state.key}\``,
    observation?.progress && `progress: ${plain(observation.progress)}`,
    observation?.trackingUrl && `tracking: ${plain(observation.trackingUrl)}`,
    killRequested && `kill requested by ${plain(killRequested.by)} at ${killRequested.at}${killRequested.confirmed ? ', confirmed' : ''}`,
  ];
  return lines.filter(Boolean).join('\n\n').slice(0, 10_000);
}

const code = (text: string): string => text.replaceAll('`', "'").slice(0, 1_000);
const plain = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ').slice(0, 1_000);
