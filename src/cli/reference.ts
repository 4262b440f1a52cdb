// docs/cli.md, made from the command tree: `node src/cli/reference.ts > docs/cli.md`. A test fails when it is stale.
import type { Command } from 'commander';
import { createProgram } from './program.ts';

const HEAD = `# The command line

Everything the CLI does goes through the REST API. This page is made from \`longshore --help\` of every command, by
\`node src/cli/reference.ts\`.
Flags of \`longshore\` itself may stand before or after any command.

Some things have no command and are asked for over [REST](api.md): removing a definition and listing its versions, an app's webhook signing key, the
audit, and the metrics.
`;

/** The whole page. */
export function reference(): string {
  const program = createProgram();
  return `${HEAD}${[program, ...commandsOf(program)].map(section).join('')}`;
}

function section(command: Command): string {
  command.configureOutput({ getOutHelpWidth: () => 110, getOutHasColors: () => false, writeOut: (text) => lines.push(text) });
  const lines: string[] = [];
  command.outputHelp();
  return `\n## ${titleOf(command)}\n\n\`\`\`text\n${lines.join('').trim()}\n\`\`\`\n`;
}

const titleOf = (command: Command): string => (command.parent === null ? command.name() : `${titleOf(command.parent)} ${command.name()}`);
const commandsOf = (command: Command): Command[] =>
  command.commands.filter((child) => child.name() !== 'help').flatMap((child) => [child, ...commandsOf(child)]);

if (import.meta.main) process.stdout.write(reference());
