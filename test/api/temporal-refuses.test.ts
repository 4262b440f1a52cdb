// What Temporal refuses is told as such, with what to correct: it is no defect, and trying again is no help.
import { expect, onTestFinished, test } from 'vitest';
import { job, startTestApi } from './server.ts';

test('a namespace that does not exist', async () => {
  const api = await startTestApi({ env: { LONGSHORE_TEMPORAL_NAMESPACE: 'nowhere' } });
  onTestFinished(() => api.stop());
  const token = await api.token('default', 'editor');
  const answer = await api.ask('createJob', { token, body: { spec: job() } });
  expect([answer.status, answer.json.code, answer.json.retryable]).toEqual([502, 'TEMPORAL_REFUSED', false]);
  expect(answer.json.detail).toMatch(/nowhere/);
  expect(answer.json.advice).toContain('namespace');
});
