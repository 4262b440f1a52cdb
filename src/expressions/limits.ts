// Every limit of an expression. They are constants, not settings: a replay must decide as the first run did.

export const LIMITS = {
  /** Characters of one expression. */
  text: 4096,
  /** Parts inside one another: brackets, calls, members, and operators in a row. */
  depth: 64,
  /** Parts in all: names, constants, operators, calls. */
  parts: 1000,
  /** Steps of one evaluation, or of all the expressions of one spec together: a part computed is one, so is every 16 characters read or made. */
  steps: 500_000,
  /** Characters of a result as JSON, and of all the text that is made of one spec. */
  result: 1_048_576,
} as const;
