import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Job } from 'kubernetes-models/batch/v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fleetProgram } from '../../../tests/support/fleetWorker.js';
import { cloud } from './clouds.js';
import { noRedis, type Server, startServer } from './redis.js';

const page = await readFile(new URL('../../../docs/guide/fleets.md', import.meta.url), 'utf8');
const [compose, job] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text));

interface Service {
  readonly image: string;
  readonly command: string;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}
const services: Readonly<Record<string, Service>> = compose.services;
const [container] = job.spec.template.spec.containers;

it('has a compose file whose services, volumes and conditions are there', () => {
  expect(Object.keys(compose).sort()).toEqual(['services', 'volumes']);
  for (const { image, volumes = [], depends_on = {} } of Object.values(services)) {
    expect(image).toMatch(/^[a-z]+:\d+$/);
    for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    for (const [name, { condition }] of Object.entries(depends_on)) {
      expect(Object.keys(services)).toContain(name);
      if (condition === 'service_healthy') expect(services[name].healthcheck?.test[0]).toBe('CMD');
    }
  }
  // Workers ask the service by its name, on the port that it listens on unless told otherwise.
  expect(services.worker.command).toContain(' --redis redis://redis:6379');
  expect(services.redis.command).not.toContain('--port');
});

it('has a Job that Kubernetes takes, with an index for each part of the tiles', () => {
  expect(() => new Job(job).validate()).not.toThrow();
  expect(() => new Job({ ...job, spec: { ...job.spec, completionMode: 7 } }).validate()).toThrow();
  const { spec } = job;
  // Restarts by index are for indexed Jobs whose pods are not restarted in place.
  expect([spec.completionMode, spec.template.spec.restartPolicy]).toEqual(['Indexed', 'Never']);
  const [line] = container.args;
  expect(line).toContain('--index $JOB_COMPLETION_INDEX ');
  expect(Number(/--of (\d+)/.exec(line)?.[1])).toBe(spec.completions);
  expect(spec.parallelism).toBeLessThanOrEqual(spec.completions);
  const mounted = container.volumeMounts.map(({ name }: { readonly name: string }) => name);
  expect(spec.template.spec.volumes.map(({ name }: { readonly name: string }) => name)).toEqual(mounted);
  expect(line).toContain(` ${container.volumeMounts[0].mountPath} `);
});

describe.skipIf(noRedis !== undefined)(`the lines of the page, run${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  let server: Server;
  let program: string;
  beforeAll(async () => {
    const [, ...args] = services.redis.command.split(' ');
    server = await startServer(undefined, ...args);
    program = await fleetProgram();
  });
  afterAll(() => server?.stop());
  /** A line as a shell runs it, with this program in place of the installed one. */
  const local = (line: string) =>
    line.replace(/(\S*node_modules\/\.bin\/|npx )sinkhorn-fleet/, `"${process.execPath}" "${program}"`);
  const shell = async (line: string, env: Readonly<Record<string, string>>) => {
    const { stdout } = await promisify(execFile)('sh', ['-c', local(line)], { env: { ...process.env, ...env } });
    return stdout;
  };

  it('starts the server with what the compose file gives it', async () => {
    const redis = new Redis(server.url);
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    redis.disconnect();
  });

  it('starts a worker by the line of the compose file, which SIGTERM ends well', async () => {
    const [, installs, starts] = /^sh -c "(npm install .+?) && (exec .+)"$/.exec(services.worker.command) ?? [];
    expect(installs.split(' ').slice(2)).toEqual(['--prefix', '/fleet', '@sinkhorn/fleet', 'bullmq', 'ioredis']);
    expect(starts).toContain(' /fleet/node_modules/.bin/sinkhorn-fleet ');
    const line = local(starts).replace('redis://redis:6379', server.url);
    const child = spawn('sh', ['-c', `true && ${line}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toMatch(/^serving \d+ at a time, /);
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
  });

  it('computes all parts by the line of the Job, and writes the matrix by the line after it', async () => {
    const clouds = await mkdtemp(join(tmpdir(), 'job-'));
    for (let k = 0; k < 11; k++) {
      const { points } = cloud(700 + k, 6, 2);
      const lines = Array.from({ length: 6 }, (_, i) => `${points[2 * i]},${points[2 * i + 1]}`);
      await writeFile(join(clouds, `${String(k).padStart(2, '0')}.csv`), `x,y\n${lines.join('\n')}\n`);
    }
    const [{ name }] = container.env;
    const env = { [name]: server.url };
    const at = (line: string) => line.replace(' /clouds ', ` ${clouds} `);
    const parts = [];
    // 6 tiles: all others of the 256 parts have none.
    for (const index of [0, 1, 2, 3, 4, 5, 255]) {
      const part = await shell(at(container.args[0]), { ...env, JOB_COMPLETION_INDEX: String(index) });
      parts.push(/^(\d+) tiles are in Redis/.exec(part)?.[1]);
    }
    expect(parts).toEqual(['1', '1', '1', '1', '1', '1', '0']);
    const [, line] = /`(sinkhorn-fleet pairwise \/clouds [^`]*)`/.exec(page) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'matrix-'));
    const written = await shell(at(`npx ${line}`).replace('matrix.npy', join(folder, 'matrix.npy')), env);
    expect(written).toContain('11 x 11');
    expect((await readFile(join(folder, 'matrix.npy'))).length).toBeGreaterThan(8 * 121);
  });
});
