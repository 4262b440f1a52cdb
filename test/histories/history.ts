// The SDK's type of a history, from the very copy of @temporalio/proto that the SDK uses: its own JSON functions fail where npm has
// installed protobufjs more than once.
import { createRequire } from 'node:module';
import type { Worker } from '@temporalio/worker';

type HistoryObject = Exclude<Parameters<typeof Worker.runReplayHistory>[1], undefined>;

interface HistoryType {
  fromObject(json: object): HistoryObject;
  toObject(history: object, options: { enums: typeof String; longs: typeof String; bytes: typeof String }): object;
}

const require = createRequire(createRequire(import.meta.url).resolve('@temporalio/common'));
const { temporal } = require('@temporalio/proto') as { temporal: { api: { history: { v1: { History: HistoryType } } } } };

export const { History } = temporal.api.history.v1;
