import { vi } from 'vitest';

/** Waits until the check passes; the machine may be busy with other things. */
export const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 30 });
