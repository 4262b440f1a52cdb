// `completion`: the script that makes a shell complete commands, flags, job ids and names.
import { Argument, type Command } from 'commander';
import { examples } from '../context.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** The script relies on a function of the package bash-completion, which not every machine has. */
const WITHOUT_BASH_COMPLETION = `
if ! declare -F _get_comp_words_by_ref > /dev/null; then
  _get_comp_words_by_ref() {
    words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  }
fi
`;

export const completion = (program: Command): Command =>
  program
    .command('completion')
    .description('Print the completion script of a shell; ids and names come from the server')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        ['bash, for good', 'completion bash > ~/.local/share/bash-completion/completions/longshore'],
        ['zsh, for this shell: source <(…)', 'completion zsh'],
        ['fish, for good', 'completion fish > ~/.config/fish/completions/longshore.fish'],
      ),
    )
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { script } = await import('@bomb.sh/tab');
      if (shell === 'bash') process.stdout.write(WITHOUT_BASH_COMPLETION);
      script(shell, program.name(), program.name());
    });
