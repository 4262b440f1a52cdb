// docs/limits.md against what is true: every limit of a spec at its edge and one beyond, and every number that the code exports.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MAX_VALUES_BYTES } from '../../src/activities/outputs.ts';
import { MAX_BODY_BYTES, MAX_DAG_BODY_BYTES } from '../../src/api/json-body.ts';
import { shell } from '../../src/jobtypes/shell/index.ts';
import { configSchema } from '../../src/specs/config.schema.ts';
import { MAX_CLUSTER_BYTES, appSpecSchema } from '../../src/specs/documents.schema.ts';
import { MAX_NODES } from '../../src/specs/dag.schema.ts';
import { MAX_INLINE_BYTES, MAX_SPEC_BYTES, jobSpecSchema } from '../../src/specs/job.schema.ts';
import { requestId } from '../../src/specs/route.schema.ts';
import { MAX_DURATION, MAX_SIZE } from '../../src/specs/units.ts';

const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8').replace(/ +/g, ' ');
const x = (count: number): string => 'x'.repeat(count);
const many = (count: number, value: unknown, name = (i: number) => `n${i}`) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [name(i), value]));

const takes = (spec: object): boolean => jobSpecSchema.safeParse({ name: 'a', type: 'shell', ...spec }).success;
const grants = (count: number): boolean => appSpecSchema.safeParse({ name: 'a', grants: { users: Array(count).fill('u') } }).success;
const shellTakes = (config: object): boolean => shell.config.safeParse(config).success;

interface Limit {
  readonly at: () => boolean;
  readonly beyond: () => boolean;
}
/** By the page's two columns. */
const LIMITS: Record<string, Record<string, Limit>> = {
  'any duration': {
    [`0ms to ${MAX_DURATION}`]: { at: () => takes({ lostAfter: MAX_DURATION }), beyond: () => takes({ lostAfter: `${MAX_DURATION}1ms` }) },
  },
  'any size': {
    [MAX_SIZE]: { at: () => takes({ resources: { memory: MAX_SIZE } }), beyond: () => takes({ resources: { memory: '8192Ti' } }) },
  },
  '`description`': { '4096 characters': { at: () => takes({ description: x(4096) }), beyond: () => takes({ description: x(4097) }) } },
  '`priority`': {
    '1 to 10': { at: () => takes({ priority: 10 }) && takes({ priority: 1 }), beyond: () => takes({ priority: 11 }) || takes({ priority: 0 }) },
  },
  '`env`': { '500 variables': { at: () => takes({ env: many(500, '') }), beyond: () => takes({ env: many(501, '') }) } },
  '`env.NAME`': {
    '131072 characters, no NUL': {
      at: () => takes({ env: { A: x(131072) } }),
      beyond: () => takes({ env: { A: x(131073) } }) || takes({ env: { A: '\0' } }),
    },
  },
  '`env` names': { '128 characters': { at: () => takes({ env: { [x(128)]: '' } }), beyond: () => takes({ env: { [x(129)]: '' } }) } },
  '`secrets`': { '50': { at: () => takes({ secrets: many(50, 's') }), beyond: () => takes({ secrets: many(51, 's') }) } },
  '`outputs`': { '50': { at: () => takes({ outputs: many(50, { file: 'f' }) }), beyond: () => takes({ outputs: many(51, { file: 'f' }) }) } },
  '`outputs.NAME.file`': {
    '1024 characters, inside the working directory': {
      at: () => takes({ outputs: { a: { file: x(1024) } } }),
      beyond: () => [x(1025), '/f', '../f', 'a/../../f'].some((file) => takes({ outputs: { a: { file } } })),
    },
  },
  '`labels`': { '32': { at: () => takes({ labels: many(32, '') }), beyond: () => takes({ labels: many(33, '') }) } },
  '`labels.NAME`': { '256 characters': { at: () => takes({ labels: { a: x(256) } }), beyond: () => takes({ labels: { a: x(257) } }) } },
  '`resources.cpu`': {
    'over 0, at most 1024': {
      at: () => takes({ resources: { cpu: 1024 } }),
      beyond: () => takes({ resources: { cpu: 1025 } }) || takes({ resources: { cpu: 0 } }),
    },
  },
  '`retry.attempts`': {
    '1 to 100': {
      at: () => takes({ retry: { attempts: 100 } }),
      beyond: () => takes({ retry: { attempts: 101 } }) || takes({ retry: { attempts: 0 } }),
    },
  },
  '`retry.backoff.factor`': {
    '1 to 100': {
      at: () => takes({ retry: { backoff: { factor: 100 } } }),
      beyond: () => takes({ retry: { backoff: { factor: 101 } } }) || takes({ retry: { backoff: { factor: 0.5 } } }),
    },
  },
  '`webhook.url`': {
    '2048 characters, http or https': {
      at: () => takes({ webhook: { url: `http://h/${x(2039)}` } }),
      beyond: () => takes({ webhook: { url: `http://h/${x(2040)}` } }) || takes({ webhook: { url: 'file:///etc/passwd' } }),
    },
  },
  '`user`': { '32 characters': { at: () => takes({ user: x(32) }), beyond: () => takes({ user: x(33) }) } },
  'a file reference': {
    '4096 characters': { at: () => shellTakes({ script: `./${x(4094)}` }), beyond: () => shellTakes({ script: `./${x(4095)}` }) },
  },
  'an inline file': {
    '65536 characters': { at: () => shellTakes({ script: { inline: x(65536) } }), beyond: () => shellTakes({ script: { inline: x(65537) } }) },
  },
  '`config.args` of shell and python': {
    '10000 arguments': {
      at: () => shellTakes({ script: './a', args: Array<string>(10_000).fill('') }),
      beyond: () => shellTakes({ script: './a', args: Array<string>(10_001).fill('') }),
    },
  },
  'an argument': {
    '131071 characters': {
      at: () => shellTakes({ script: './a', args: [x(131071)] }),
      beyond: () => shellTakes({ script: './a', args: [x(131072)] }),
    },
  },
  '`config.files` of shell and python': {
    '100 files': {
      at: () => shellTakes({ script: './a', files: many(100, './a') }),
      beyond: () => shellTakes({ script: './a', files: many(101, './a') }),
    },
  },
};

describe('docs/limits.md', () => {
  const rows = [...page.matchAll(/^\| (.+?) \| (.+?) \|$/gm)].map(([, field = '', limit = '']) => ({ field, limit }));
  const spec = rows.slice(rows.findIndex(({ field }) => field === 'field') + 2).slice(0, Object.keys(LIMITS).length);

  it('has a row for each limit of a spec, and this test has one for each row', () => {
    expect(spec.map(({ field, limit }) => ({ [field]: limit }))).toEqual(
      Object.entries(LIMITS).map(([field, limits]) => ({ [field]: Object.keys(limits)[0] })),
    );
  });

  it.each(Object.entries(LIMITS))('%s is taken at its limit and refused beyond', (_field, limits) => {
    const [limit] = Object.values(limits);
    expect([limit!.at(), limit!.beyond()]).toEqual([true, false]);
  });

  it('says what the code says', () => {
    const config = configSchema.parse({ data: 'd' });
    const facts = [
      `| JSON body | ${MAX_BODY_BYTES} bytes |`,
      `| JSON body with a DAG, of at most ${MAX_NODES} nodes | ${MAX_DAG_BODY_BYTES} bytes |`,
      `| Spec of a job, defaults filled in | ${MAX_SPEC_BYTES} bytes |`,
      `| Cluster document | ${MAX_CLUSTER_BYTES} bytes |`,
      `together over ${MAX_INLINE_BYTES} bytes`,
      `OUTPUT\`, all values together | ${MAX_VALUES_BYTES} bytes |`,
      `\`worker.slots\`, default ${config.worker.slots},`,
      `\`worker.maxJobs\`, default ${config.worker.maxJobs},`,
      `\`timings.webhookGiveUp\`, default ${config.timings.webhookGiveUp};`,
      '`logs.limit`, default 1 GiB',
      '`artifacts.limit`, default 1 GiB',
    ];
    for (const fact of facts) expect(page).toContain(fact);
    expect([config.logs.limit, config.artifacts.limit]).toEqual(['1Gi', '1Gi']);
    expect([requestId.safeParse(x(256)).success, requestId.safeParse(x(257)).success, requestId.safeParse('').success]).toEqual([true, false, false]);
    expect([grants(1000), grants(1001)]).toEqual([true, false]);
  });
});
