// Reads values out of Temporal's raw answers, through the client's own data converter.
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

/** The first value; undefined when there is none. */
export async function firstValue<T>(client: Client, payloads: readonly Payload[] | null | undefined): Promise<T | undefined> {
  const { payloadCodecs, payloadConverter } = client.workflow.options.loadedDataConverter;
  let decoded = [...(payloads ?? [])];
  for (const codec of payloadCodecs.toReversed()) decoded = await codec.decode(decoded);
  const [first] = decoded;
  return first === undefined ? undefined : payloadConverter.fromPayload<T>(first);
}
