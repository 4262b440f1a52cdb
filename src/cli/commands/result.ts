// `result`: what a job or a run gave, as a list or one output as bytes.
import type { Command } from 'commander';
import { action, examples, type Context } from '../context.ts';
import { JOB_OR_RUN } from '../words.ts';

export const result = (program: Command): Command =>
  program
    .command('result')
    .description('List the outputs of a job or of a run, or write one of them')
    .argument('<id>', JOB_OR_RUN)
    .argument('[name]', 'name of the output; of a run NODE or NODE/ITEM')
    .argument('[output]', 'of a run: name of the output of that node, or of the job after its items')
    .option('--to <file>', 'write it to this file, which appears only when it is complete; default stdout')
    .addHelpText(
      'after',
      examples(
        ['What is there', 'result last'],
        ['The head of a file', 'result last routes | head'],
        ['Into a file', 'result last routes --to routes.csv'],
        ['An output of a node of a run', 'result last aggregate total'],
      ),
    )
    .action(
      action(
        async (context, [word, name, output]: [word: string, name: string | undefined, output: string | undefined], options: { to?: string }) => {
          const { client } = context;
          const { findNamed, givingJobOf } = await import('../run.ts');
          const { kind, id } = await findNamed(client, word);
          if (kind === 'job') return resultOfJob(context, id, name, options.to);
          if (name === undefined) return resultOfRun(context, id);
          return resultOfJob(context, await givingJobOf(client, id, name), output, options.to);
        },
      ),
    );

async function resultOfJob({ client, out }: Context, id: string, name: string | undefined, to: string | undefined): Promise<void> {
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
  await saveTo(await client.download('jobOutput', { params: { id, name } }), to);
}

async function resultOfRun({ client, out, note }: Context, id: string): Promise<void> {
  const { runOutputColumns } = await import('../run-pages.ts');
  const answer = await client.call('runOutputs', { params: { id }, query: { limit: 1000 } });
  out.list(answer, answer.items, runOutputColumns);
  if (answer.next !== undefined && out.format === 'table') note('There are more: name a node.');
}
