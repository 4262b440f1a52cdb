// `token`: API tokens of an app.
import { Option, type Command } from 'commander';
import { action, examples, type Context } from '../context.ts';

type Role = 'viewer' | 'operator' | 'editor' | 'admin';

export const token = (program: Command): Command => {
  const command = program.command('token').description('API tokens of an app (--app; default the one of your own token)');
  command
    .command('create')
    .description('Make a token; its secret is shown this once, on stdout')
    .argument('<name>', 'what it is for')
    .addOption(new Option('--role <role>', 'what it may do').choices(['viewer', 'operator', 'editor', 'admin']).makeOptionMandatory())
    .option('--expires <time>', 'ISO 8601 time after which it is void; default never')
    .addHelpText('after', examples(['For a pipeline of app etl', 'token create airflow --app etl --role editor']))
    .action(
      action(async (context, [name]: [name: string], { role, expires }: { role: Role; expires?: string }) => {
        const body = { name, role, ...(expires !== undefined && { expiresAt: expires }) };
        const made = await context.client.call('createToken', { params: { name: await appOf(context) }, body });
        context.note(`Token ${made.id} of app ${made.app}, role ${made.role}. It is not shown again.`);
        context.out.show(made, () => `${made.token}\n`);
      }),
    );
  command
    .command('list')
    .description('Tokens of the app, without their secrets')
    .addHelpText('after', examples(['Those of app etl', 'token list --app etl']))
    .action(
      action(async (context) => {
        const { tokenColumns } = await import('../pages.ts');
        const answer = await context.client.call('listTokens', { params: { name: await appOf(context) } });
        context.out.list(answer, answer.items, tokenColumns);
      }),
    );
  command
    .command('revoke')
    .description('Revoke a token at once')
    .argument('<id>', 'id of the token, as `token list` shows it')
    .addHelpText('after', examples(['It leaked', 'token revoke tok-1 --app etl']))
    .action(
      action(async (context, [id]: [id: string]) => {
        await context.client.call('revokeToken', { params: { name: await appOf(context), id } });
        context.note(`Token ${id} is revoked.`);
      }),
    );
  return command;
};

const appOf = async ({ client, settings }: Context): Promise<string> => settings.app ?? (await client.call('whoami')).app;
