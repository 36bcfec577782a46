import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './folders.mjs';

/**
 * Follows the first lines of the guide's page on fleets in a folder where the packages are installed: a worker, and a matrix of a folder of clouds. Says so where no
 * redis-server is installed to try it with.
 * @param {import('./stages.mjs').Run} run
 * @param {string} folder
 */
export async function firstFleet(run, folder) {
  const page = await readFile(join(root, 'docs/guide/fleets.md'), 'utf8');
  const lines = [...page.matchAll(/^npx sinkhorn-fleet (.*)$/gm)].map(([, line]) => line.split(' '));
  const [worker, pairwise] = ['worker', 'pairwise'].map((name) => lines.find(([first]) => first === name));
  if (!worker || !pairwise) throw new Error('The page on fleets starts no worker, or asks for no matrix.');
  const data = await mkdtemp(join(tmpdir(), 'sinkhorn-redis-'));
  const port = await freePort();
  const redis = spawn(
    process.env.REDIS_SERVER ?? 'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', data],
    {
      stdio: 'ignore',
    },
  );
  const isThere = await new Promise((resolve) => {
    redis.once('error', () => resolve(false));
    redis.once('spawn', () => resolve(true));
  });
  if (!isThere) {
    console.log('no redis-server is installed: the page on fleets was not followed');
    return;
  }
  const env = { ...process.env, SINKHORN_REDIS: `redis://127.0.0.1:${port}` };
  await answers(port);
  const served = spawn('npx', ['--no', '--', 'sinkhorn-fleet', ...worker], {
    cwd: folder,
    env,
    stdio: 'ignore',
    // A group of its own: npx does not pass signals on.
    detached: true,
  });
  try {
    await mkdir(join(folder, 'clouds'));
    for (const [k, name] of ['a', 'b', 'c'].entries()) {
      await writeFile(join(folder, 'clouds', `${name}.csv`), `x,y\n0,${k}\n1,${k}\n`);
    }
    await run('npx', ['--no', '--', 'sinkhorn-fleet', ...pairwise], { cwd: folder, env, preferLocal: false });
    const bytes = await readFile(join(folder, 'matrix.npy'));
    const values = new Float64Array(new Uint8Array(bytes.subarray(bytes.length - 72)).buffer);
    // Clouds that are one and two apart, in half squared distances.
    const expected = [0, 0.5, 2, 0.5, 0, 0.5, 2, 0.5, 0];
    if (values.some((value, k) => Math.abs(value - expected[k]) > 1e-3)) throw new Error(`the matrix is ${values}`);
  } finally {
    const gone = new Promise((resolve) => served.once('exit', resolve));
    process.kill(-(served.pid ?? 0), 'SIGTERM');
    await gone;
    const ended = new Promise((resolve) => redis.once('exit', resolve));
    redis.kill();
    await ended;
    await rm(data, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** Waits until somebody listens. @param {number} port */
async function answers(port) {
  for (;;) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
