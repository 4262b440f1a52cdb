// Requests and messages that no decent client sends, against a real `longshore up`: each gets a clear answer and harms nothing else.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { script, startUp, type Answer, type Job, type Spec, type Up } from './up.ts';

const MB = 1_000_000;

let up: Up;
beforeAll(async () => {
  up = await startUp();
});
afterAll(() => up?.stop());

const body = (spec: Spec): string => JSON.stringify({ spec: { name: 'hostile', type: 'shell', config: { command: ['true'] }, ...spec } });
const post = (what: Parameters<Up['fetch']>[2]): Promise<Answer> => up.fetch('POST', '/api/v1/jobs', what);

/** A request whose path goes out letter by letter; fetch would tidy it up. */
async function raw(method: string, path: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(up.url);
  const sent = request({ hostname, port, method, path, headers: { authorization: `Bearer ${up.token}` }, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await text(response) };
}

describe('bodies that are too large', () => {
  it('answers 413 to 10 MB of JSON, whether or not it says its length', async () => {
    const large = body({ description: 'x'.repeat(10 * MB) });
    await up.unharmed(async () => {
      for (let i = 0; i < 10; i++) expect(await post(large)).toMatchObject({ status: 413, code: 'TOO_LARGE' });
      const chunked = new Blob([large]).stream();
      expect(await post(chunked)).toMatchObject({ status: 413, code: 'TOO_LARGE' });
    });
  });

  it('answers 413 to an environment of 3 MB, and the CLI says the same in words', async () => {
    const env = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`BIG_${i}`, 'x'.repeat(100_000)]));
    await up.unharmed(async () => {
      expect(await post(body({ env }))).toMatchObject({ status: 413, code: 'TOO_LARGE' });
      const file = join(up.data, 'large.yaml');
      await writeFile(file, JSON.stringify({ kind: 'Job', name: 'large', type: 'shell', config: { command: ['true'] }, env }));
      const { exitCode, stderr } = await up.longshore('create', '-f', file);
      expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/larger than 524288 bytes/)]);
    });
  });

  it('runs with the largest environment that a spec can hold, and refuses one byte more with its size', async () => {
    const value = 'x'.repeat(120_000);
    const size = 2 * value.length;
    const job = await up.create({ ...script('printf "$ONE$TWO" | wc -c'), env: { ONE: value, TWO: value } });
    expect(await up.ended(job.id)).toMatchObject({ status: 'SUCCEED' });
    expect((await up.log(job.id)).toString().trim()).toBe(String(size));
    const over = await post(body({ env: { ONE: value, TWO: value, THREE: 'x'.repeat(30_000) } }));
    expect(over).toMatchObject({ status: 413, code: 'TOO_LARGE' });
    expect(over.text).toMatch(/27\d{4} bytes/);
    expect((await post(body({ env: { ONE: 'x'.repeat(128 * 1024 + 1) } }))).text).toMatch(/\/spec\/env\/ONE/);
  });

  it('is not held up by bodies that never come to an end', async () => {
    const { hostname, port } = new URL(up.url);
    const sockets = Array.from({ length: 50 }, () => connect(Number(port), hostname));
    try {
      for (const socket of sockets) {
        socket.on('error', () => undefined);
        socket.write(`POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${up.token}\r\nContent-Length: 400000\r\n\r\n{"spec"`);
      }
      await up.unharmed(async () => expect((await up.fetch('GET', '/readyz')).status).toBe(200));
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

describe('ids and names', () => {
  it('never lead out of the API', async () => {
    const ids = [
      '..',
      '../..',
      '../../credentials.json',
      '%2e%2e%2fcredentials.json',
      '..%2f..%2fetc%2fpasswd',
      '%00',
      '1%00',
      '%2e%2e',
      '..;/',
      '%c0%ae%c0%ae/',
      'a'.repeat(8_000),
    ];
    await up.unharmed(async () => {
      for (const id of ids) {
        for (const path of [
          `/api/v1/jobs/${id}`,
          `/api/v1/jobs/${id}/logs`,
          `/api/v1/jobs/1/outputs/${id}`,
          `/api/v1/artifacts/${id}`,
          `/docs/${id}`,
        ]) {
          const { status, text } = await raw('GET', path);
          expect([path.slice(0, 80), status]).toEqual([path.slice(0, 80), expect.toBeOneOf([400, 404])]);
          expect(text).not.toContain(up.token);
        }
      }
    });
  });

  const names: Record<string, string> = {
    'leads out of its folder': '../../etc/passwd',
    'is encoded': '%2e%2e%2f',
    'holds a NUL': 'a\0b',
    'is too long': 'a'.repeat(64),
    'is empty': '',
    'holds a line break': 'a\nb',
    'looks like an option': '--help',
    'is not ASCII': 'ａ',
  };
  it.each(Object.entries(names))('is refused in every place with the place and the value when it %s', async (_title, name) => {
    for (const field of ['name', 'type', 'cluster', 'queue', 'group', 'workers']) {
      const answer = await post(body({ [field]: name }));
      expect([field, answer.status]).toEqual([field, 400]);
      const { errors } = JSON.parse(answer.text) as { errors?: { path: string }[] };
      expect(errors?.map(({ path }) => path)).toContain(`/spec/${field}`);
    }
  });

  it('may be anything in a request id, which is only an id', async () => {
    for (const requestId of ['../../x', '%2e%2e%2f', '~1', 'a/b', 'ü\u0000', '🚢', '"; DROP TABLE jobs; --', 'x'.repeat(256)]) {
      const send = () => post(JSON.stringify({ requestId, spec: JSON.parse(body({})).spec as unknown }));
      const [first, again] = [await send(), await send()];
      expect([requestId, first.status, again.status]).toEqual([requestId, expect.toBeOneOf([201, 400]), expect.toBeOneOf([200, 201, 400])]);
      if (first.status === 400) continue;
      const { id } = JSON.parse(first.text) as { id: string };
      expect((JSON.parse(again.text) as { id: string }).id).toBe(id);
      expect(await up.ended(id)).toMatchObject({ status: 'SUCCEED', requestId });
    }
  });
});

describe('things that are not there', () => {
  it('names a missing artifact, interpreter, program, cluster, worker group and type', async () => {
    const artifact = '0'.repeat(64);
    await up.unharmed(async () => {
      const missing = await post(body({ config: { script: { artifact, name: 'gone.sh' } } }));
      expect([missing.status, missing.text]).toEqual([400, expect.stringContaining(artifact)]);
      for (const [config, word] of [
        [{ script: { inline: 'true' }, interpreter: '/opt/none/sh' }, '/opt/none/sh'],
        [{ command: ['no-such-program-here'] }, 'no-such-program-here'],
      ] as const) {
        const job = await up.create({ config });
        const ended = await up.ended(job.id);
        expect(ended).toMatchObject({ status: 'START_FAILED', code: 'INTERPRETER_NOT_FOUND', blame: 'user', reason: expect.stringContaining(word) });
      }
      const local = await up.create({ config: { script: 'local:/no/such/file.sh' } });
      expect(await up.ended(local.id)).toMatchObject({
        status: 'START_FAILED',
        code: 'ARTIFACT_MISSING',
        reason: expect.stringContaining('/no/such/file.sh'),
      });
      for (const [field, code] of [
        ['cluster', 'FORBIDDEN'],
        ['type', 'UNKNOWN_TYPE'],
        ['workers', 'FORBIDDEN'],
      ] as const) {
        const answer = await post(body({ [field]: 'nowhere' }));
        expect([field, answer.code, answer.text]).toEqual([field, code, expect.stringContaining('nowhere')]);
      }
    });
  });

  it('refuses a second instance on the same data folder, naming the first', async () => {
    await up.unharmed(async () => {
      const { exitCode, stderr } = await up.longshore('up', '--port', '0');
      expect(exitCode).not.toBe(0);
      expect(stderr).toMatch(/is used by process \d+/);
      expect(stderr).toContain(up.data);
    });
  });
});

describe('numbers at the edge of what a field takes', () => {
  const century = '36500d';
  const edges: Record<string, Spec> = {
    'timeouts of a century': { timeouts: { queue: century, start: century, run: century, total: century } },
    'patience for a century': { onLost: 'rerun', lostAfter: century, check: { every: century } },
    'checks all the time': { check: { every: '0ms' } },
    'more memory than there is': { resources: { memory: '8191Ti', cpu: 1024 } },
    'a hundredth of a core': { resources: { cpu: 0.01 } },
  };
  it.each(Object.entries(edges))('are taken: %s', async (_title, more) => {
    const job = await up.create({ ...script('sleep 3; echo ran'), ...more });
    expect(await up.ended(job.id)).toMatchObject({ status: 'SUCCEED', attempt: 1 });
    expect((await up.log(job.id)).toString()).toBe('ran\n');
  });

  it('are refused one step beyond, with the place and what is allowed', async () => {
    for (const [more, place, most] of [
      [{ timeouts: { run: '36500d1ms' } }, '/spec/timeouts/run', '36500d'],
      [{ retry: { backoff: { max: '999999999d' } } }, '/spec/retry/backoff/max', '36500d'],
      [{ resources: { memory: '8192Ti' } }, '/spec/resources/memory', '8191Ti'],
    ] as const) {
      const answer = await post(body(more));
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(`"path":"${place}","message":"must be at most ${most}"`)]);
    }
  });

  it('a retry after a century waits, says so, and can be killed', async () => {
    const retry = { attempts: 100, backoff: { initial: century, factor: 100, max: century } };
    const job = await up.create({ ...script('exit 1'), retry, rerunWindow: century });
    await expect.poll(async () => (await up.job(job.id)).reason ?? '').toMatch(/retry 2 of 100/);
    await up.client.call('killJob', { params: { id: job.id } });
    expect(await up.ended(job.id)).toMatchObject({ status: expect.toBeOneOf(['CANCELED', 'FAILED', 'KILLED']) });
  });

  it('timeouts of no time at all end a job at once, truthfully', async () => {
    for (const [timeouts, ends] of [
      [{ run: '0s' }, [['FAILED', 'RUN_TIMEOUT']]],
      [
        { total: '0s' },
        [
          ['CANCELED', 'TOTAL_TIMEOUT'],
          ['FAILED', 'TOTAL_TIMEOUT'],
        ],
      ],
    ] as const) {
      const { status, code } = await up.ended((await up.create({ ...script('sleep 600'), timeouts })).id);
      expect([status, code]).toEqual(expect.toBeOneOf([...ends]));
    }
  });
});

const update = (job: Job, name: string, ...more: string[]) =>
  up.temporal('workflow', 'update', 'execute', '--workflow-id', job.workflowId, '--name', name, ...more);

/** Sends a signal; with several inputs, as several arguments. */
const signal = (job: Job, name: string, ...more: string[]) =>
  up.temporal('workflow', 'signal', '--workflow-id', job.workflowId, '--name', name, ...more);
const isWell = async (job: Job): Promise<void> => {
  const history = await up.temporal('workflow', 'show', '--workflow-id', job.workflowId, '--output', 'json');
  expect([history.exitCode, history.stdout]).toEqual([0, expect.not.stringContaining('WORKFLOW_TASK_FAILED')]);
};

describe('signals by the temporal CLI', () => {
  const large = JSON.stringify({ by: 'x'.repeat(100_000), id: 'y'.repeat(1_000), with: { env: { A: 'z'.repeat(1_000) } } });
  const never = JSON.stringify({ with: { retry: { attempts: 9, backoff: { initial: '999999999d' } }, lostAfter: '999999999d' } });
  const wrong = '{"id":7,"by":{},"reason":[],"as":[],"how":0,"attempt":"x","with":3,"handle":"h"}';
  const inputs = ['null', '0', '"text"', 'true', '[]', '[[[]]]', '{"__proto__":{"as":"killed"}}', wrong, never, large];

  /** Bytes, and something that claims an encoding which nobody knows. */
  const encodings = ['binary/plain', 'no/such'].map((name) => ['--input', '//8=', '--input-base64', '--input-meta', `encoding=${name}`]);

  it('that are garbage are left aside, and the job ends as it would have', async () => {
    await up.unharmed(async () => {
      const go = join(up.data, 'signals-go');
      const job = await up.create(script(`until test -e ${go}; do sleep 0.1; done; exit 7`));
      await up.until(job.id, 'RUNNING');
      for (const name of ['resolve', 'modify', 'admitted', 'no-such-signal']) {
        for (const input of inputs) expect((await signal(job, name, '--input', input)).exitCode).toBe(0);
        expect((await signal(job, name)).exitCode).toBe(0);
        await signal(job, name, '--input', '{}', '--input', '7');
        for (const encoding of encodings) expect((await signal(job, name, ...encoding)).exitCode).toBe(0);
      }
      for (const name of ['resolve', 'modify', 'no-such-update']) {
        for (const form of [[], ['--input', wrong], ...encodings]) expect((await update(job, name, ...form)).exitCode).not.toBe(0);
      }
      const query = await up.temporal('workflow', 'query', '--workflow-id', job.workflowId, '--type', 'snapshot', '--output', 'json');
      expect([query.exitCode, query.stdout]).toEqual([0, expect.stringContaining('RUNNING')]);
      await writeFile(go, '');
      expect(await up.ended(job.id)).toMatchObject({ status: 'FAILED', code: 'EXIT_CODE', attempt: 1 });
      await isWell(job);
    });
  });

  it('that ask for a kill in any form, or none, kill; what is not JSON is refused by the command', async () => {
    const forms = [[], ['--input', 'null'], ['--input', '"text"'], ['--input', wrong], ['--input', large], ...encodings];
    const jobs = await Promise.all(forms.map(() => up.create(script('sleep 600'))));
    await Promise.all(jobs.map(({ id }) => up.until(id, 'RUNNING')));
    for (const [at, job] of jobs.entries()) {
      expect((await signal(job, 'kill', '--input', 'not json {')).exitCode).not.toBe(0);
      expect((await signal(job, 'kill', ...forms[at]!)).exitCode).toBe(0);
    }
    for (const job of jobs) {
      expect(await up.ended(job.id)).toMatchObject({ status: 'KILLED', killRequested: { confirmed: true } });
      await isWell(job);
    }
  });
});
