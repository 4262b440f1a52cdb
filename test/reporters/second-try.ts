// Names the tests that passed only when they were tried again: a retry must not hide that a test is not reliable.
import type { Reporter, TestCase } from 'vitest/node';

export class SecondTry implements Reporter {
  readonly #late: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky === true) this.#late.push(`${test.module.relativeModuleId}: ${test.fullName}`);
  }

  onTestRunEnd(): void {
    if (this.#late.length === 0) return;
    process.stdout.write(`\nPassed only at the second try (${this.#late.length}):\n${this.#late.map((test) => `  ${test}\n`).join('')}\n`);
  }
}
