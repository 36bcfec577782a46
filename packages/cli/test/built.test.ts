/** The command as users run it: a process of its own over the built package. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stretched } from '../../../scripts/check/slowness.mjs';
import { useFolder } from './helpers.js';

const folder = useFolder();
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

function start(...argv: string[]) {
  const child = spawn(process.execPath, [cli, ...argv], { cwd: folder.path });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => {
    output.stdout += data;
  });
  child.stderr.on('data', (data: Buffer) => {
    output.stderr += data;
  });
  const ended = once(child, 'close').then(([status, signal]) => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    ...output,
  }));
  return { child, ended };
}

function cloudCsv(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => `${Math.sin(i * i)},${Math.cos(3 * i * i)}`);
  return `x,y\n${rows.join('\n')}\n`;
}

const STOPPED = 'sinkhorn: stopping (SIGINT); once more to stop at once\nsinkhorn: stopped; nothing was written\n';
/** Long beyond what is to be heard of an interrupt, and short of what the work takes: milliseconds. */
const AT_LAST = stretched(10_000);

describe('the built command', () => {
  it('compares, and shows no progress in a pipe', async () => {
    await folder.write('a.csv', cloudCsv(50));
    await folder.write('b.csv', cloudCsv(60));
    const { status, stdout, stderr } = await start('compare', 'a.csv', 'b.csv', '--json').ended;
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ loss: 'sinkhorn', inputs: { b: { count: 60 } } });
  });

  it('ends with 2 and one line on stderr for bad input', async () => {
    const { status, stdout, stderr } = await start('compare', 'a.csv', 'b.csv').ended;
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: 'sinkhorn: a.csv: no such file\n' });
  });

  it.skipIf(process.platform === 'win32')('says so where its input is a folder', async () => {
    const input = await open(folder.path);
    const child = spawn(process.execPath, [cli, 'compare', '-', 'a.csv'], {
      cwd: folder.path,
      stdio: [input.fd, 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr?.on('data', (data: Buffer) => {
      stderr += data;
    });
    const [status] = await once(child, 'close');
    await input.close();
    expect(stderr).toBe('sinkhorn: standard input: it is a folder; give a file, or the output of a command\n');
    expect(status).toBe(2);
  });

  it.skipIf(!existsSync('/dev/full'))('says so where its output cannot be written', async () => {
    await folder.write('a.csv', cloudCsv(5));
    const full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [cli, 'compare', 'a.csv', 'a.csv'], {
      cwd: folder.path,
      stdio: ['ignore', full.fd, 'pipe'],
    });
    let stderr = '';
    child.stderr?.on('data', (data: Buffer) => {
      stderr += data;
    });
    const [status] = await once(child, 'close');
    await full.close();
    expect(status).toBe(2);
    expect(stderr).toContain('sinkhorn: standard output cannot be written (');
  });

  it('stops at an interrupt and leaves nothing', async () => {
    await folder.write('a.csv', cloudCsv(300));
    const { child, ended } = start('compare', 'a.csv', 'a.csv', '--permutations', '1000000', '--gradient', 'g.csv');
    // Long enough for the permutations to have begun; an interrupt before that is heard as well.
    setTimeout(() => child.kill('SIGINT'), 3000);
    const { status, stderr } = await ended;
    expect(status).toBe(130);
    expect(stderr).toBe(STOPPED);
    expect(await readdir(folder.path)).toEqual(['a.csv']);
  });

  describe('hears an interrupt', () => {
    /** Sends one after a while; gives how the command ended, and how long it took to. */
    async function interrupt(after: number, ...argv: string[]) {
      const { child, ended } = start(...argv);
      await new Promise((resolve) => setTimeout(resolve, after));
      const at = performance.now();
      child.kill('SIGINT');
      return { ...(await ended), took: performance.now() - at };
    }

    /** By itself, with a word; or, before the program is loaded, by the system. */
    function check({ status, signal, stdout, stderr, took }: Awaited<ReturnType<typeof interrupt>>) {
      expect(stdout).toBe('');
      if (signal) expect({ signal, stderr }).toEqual({ signal: 'SIGINT', stderr: '' });
      else expect({ status, stderr }).toEqual({ status: 130, stderr: STOPPED });
      expect(took).toBeLessThan(AT_LAST);
    }

    it('while it loads the program', async () => {
      await folder.write('a.csv', cloudCsv(10));
      for (const after of [40, 60, 80, 100, 140, 180, 220]) {
        check(await interrupt(after, 'test', 'a.csv', 'a.csv', '--permutations', '9999999', '--loss', 'sinkhorn'));
      }
    });

    it('while it reads', async () => {
      await folder.write('large.csv', cloudCsv(1_500_000));
      for (const after of [100, 700, 1500]) check(await interrupt(after, 'compare', 'large.csv', 'large.csv'));
    });

    it.each(
      ['sinkhorn', 'hausdorff', 'energy', 'gaussian', 'laplacian'].flatMap((loss) =>
        ['cpu', 'wasm'].map((backend) => ({ loss, backend })),
      ),
    )('in loss $loss on $backend', async ({ loss, backend }) => {
      await folder.write('a.csv', cloudCsv(60_000));
      await folder.write('b.csv', `x,y\n${cloudCsv(60_000).split('\n').slice(1, 50_000).join('\n')}\n`);
      const blur = loss === 'energy' ? [] : ['--blur', '0.01'];
      // A fast machine has one value sooner than the interrupt comes: shuffles take the loss again and again.
      const long = ['--permutations', '99999'];
      check(await interrupt(1500, 'compare', 'a.csv', 'b.csv', '--loss', loss, '--backend', backend, ...blur, ...long));
    });
  });
});

describe('the demonstration of npm start', () => {
  it('runs to its end', async () => {
    const demo = fileURLToPath(new URL('../demo/demo.mjs', import.meta.url));
    const child = spawn(process.execPath, [demo], { cwd: fileURLToPath(new URL('../../..', import.meta.url)) });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (printed += data));
    const [status] = await once(child, 'close');
    expect({ status, printed }).toMatchObject({ status: 0, printed: expect.stringContaining('All done') });
  });
});
