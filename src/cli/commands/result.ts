// `result`: what a job gave, as a list or one output as bytes.
import type { Command } from 'commander';
import { action, examples } from '../context.ts';
import { JOB } from '../words.ts';

export const result = (program: Command): Command =>
  program
    .command('result')
    .description('List the outputs of a job, or write one of them')
    .argument('<job>', JOB)
    .argument('[name]', 'name of the output')
    .option('--to <file>', 'write it to this file, which appears only when it is complete; default stdout')
    .addHelpText(
      'after',
      examples(
        ['What is there', 'result last'],
        ['The head of a file', 'result last routes | head'],
        ['Into a file', 'result last routes --to routes.csv'],
      ),
    )
    .action(
      action(async (context, [job, name]: [job: string, name: string | undefined], options: { to?: string }) => {
        const { client, out } = context;
        const { jobIdOf } = await import('../job.ts');
        const id = await jobIdOf(client, job);
        if (name === undefined) {
          const answer = await client.call('jobOutputs', { params: { id } });
          return out.list(answer, answer.items, [
            { title: 'NAME', value: (output) => output.name },
            { title: 'FILE', value: (output) => output.file },
            { title: 'SIZE', value: (output) => output.size },
            { title: 'VALUE', value: (output) => (output.value === undefined ? undefined : JSON.stringify(output.value)) },
            { title: 'SHA256', value: (output) => output.sha256 },
          ]);
        }
        const { saveTo } = await import('../save.ts');
        await saveTo(await client.download('jobOutput', { params: { id, name } }), options.to);
      }),
    );
