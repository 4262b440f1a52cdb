import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { temporalSettings } from '../../src/temporal/connection.ts';
import { documentedSettings } from '../helpers/settings.ts';
import { ROOT } from '../helpers/sources.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
}
const services = (parse(read('docker-compose.temporal.yml'), { merge: true }) as { services: Record<string, Service> }).services;
const ours = Object.entries(services).filter(([name]) => ['api', 'scheduler', 'worker'].includes(name));

test.each(ours)('%s of the compose file is configured as its comments say', (_, { environment = {}, volumes }) => {
  const { config } = loadConfig({ data: '/data' }, environment);
  expect(config).toMatchObject({ logs: { folder: '/shared/logs' }, artifacts: { folder: '/shared/artifacts' } });
  expect(volumes).toContain('shared:/shared');
  const known = documentedSettings().map(({ variable }) => variable);
  expect(Object.keys(environment).filter((name) => name.startsWith('LONGSHORE_') && !known.includes(name))).toEqual([]);
  expect(temporalSettings(config, undefined, environment)).toMatchObject({ connection: { address: 'temporal:7233' }, namespace: 'longshore' });
});

test('the compose file’s worker says what it runs, and shares its data folder with nobody', () => {
  expect(loadConfig({ data: '/data' }, services.worker!.environment).config.worker.allow).toEqual({ apps: '*', clusters: '*', users: '*' });
  const homes = ours.map(([name, { volumes }]) => [name, volumes?.find((volume) => volume.endsWith(':/data'))]);
  expect(Object.fromEntries(homes)).toEqual({ api: 'store:/data', scheduler: 'store:/data', worker: 'worker-1:/data' });
});

test('the systemd unit leaves running jobs alone, and does not try again what cannot start', () => {
  const unit = read('examples/systemd/longshore@.service');
  const settings = Object.fromEntries([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  expect(settings).toMatchObject({
    KillMode: 'process',
    TimeoutStopSec: '40',
    Restart: 'on-failure',
    RestartPreventExitStatus: '78',
    OOMPolicy: 'continue',
    TasksMax: 'infinity',
  });
  const explained = read('docs/operations.md');
  for (const name of ['KillMode', 'TimeoutStopSec', 'Restart', 'RestartPreventExitStatus', 'OOMPolicy', 'TasksMax'])
    expect(explained).toContain(`\`${name}=${settings[name]}\``);
});

test('docs/configuration.md has every setting with its variable, the processes that read it, and its meaning', () => {
  const rows = read('docs/configuration.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '').replaceAll('&lt;', '<').replaceAll('&gt;', '>'))
        .slice(1, 5),
    );
  const settings = documentedSettings();
  expect(rows).toEqual(settings.map(({ path, variable, description, readBy }) => [path, variable, readBy, description.replaceAll('`', '')]));
  const processes = ['all', 'up', 'api', 'scheduler', 'worker'];
  for (const { path, readBy } of settings) expect(processes, path).toEqual(expect.arrayContaining(readBy.split(', ')));
});

test('docs/dependencies.md says why each dependency is there', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const text = read('docs/dependencies.md');
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const explained = (name: string) =>
    text.includes(`\`${name}\``) ||
    (name.startsWith('@temporalio/') && text.includes(`\`${name.slice('@temporalio/'.length)}\``)) ||
    name.startsWith('@types/');
  expect(names.filter((name) => !explained(name))).toEqual([]);
});
