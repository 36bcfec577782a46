import { cpu } from 'sinkhorn';
import { describe, expect, it } from 'vitest';
import { benchBackend } from '../src/bench/index.js';
import { main } from '../src/main.js';

async function run(...argv: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const [stdout, stderr]: string[][] = [[], []];
  const status = await main(['bench', ...argv], {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text: string) => stderr.push(text) },
    signal: new AbortController().signal,
  });
  return { status, stdout: stdout.join(''), stderr: stderr.join('') };
}

describe('sinkhorn bench', () => {
  it('prints a row for each reduction and the divergence, at each size', async () => {
    const { status, stdout } = await run('--backend', 'cpu', '--sizes', '20,30', '--dimensions', '2', '--rounds', '1');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^cpu, float64/);
    expect(stdout).toMatch(/^softmin +2 +20 +\S+ +\S+ +\S+$/m);
    expect(stdout).toMatch(/^Sinkhorn divergence with gradient +2 +30 +\S+ +\S+ +-$/m);
  });

  it('prints JSON', async () => {
    const { stdout } = await run('--backend', 'cpu', '--sizes', '20', '--dimensions', '3', '--rounds', '2', '--json');
    const { backend, rows } = JSON.parse(stdout);
    expect(backend).toBe('cpu');
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.milliseconds).toBeGreaterThan(0);
  });

  it.each([
    [['--sizes', '20,x'], '"x" is no whole number above 0'],
    [['--dimensions', '0'], '"0" is no whole number above 0'],
    [['--backend', 'abacus'], 'there is no backend "abacus"'],
  ])('refuses %s', async (argv, message) => {
    const { status, stderr } = await run(...argv);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  it('leaves out larger sizes once a run has taken too long, and gives its memory back', async () => {
    const backend = cpu();
    const rows = [];
    const options = { sizes: [20, 30], dimensions: [1, 2], rounds: 1, limitMilliseconds: 0 };
    for await (const row of benchBackend(backend, options)) rows.push(row);
    expect(rows.map(({ n, dimension }) => [n, dimension])).toEqual(
      [1, 2].flatMap((dimension) => Array.from({ length: 4 }, () => [20, dimension])),
    );
    backend.dispose();
  });

  it('stops when it is told to', async () => {
    const backend = cpu();
    const reason = new Error('enough');
    const options = {
      sizes: [20],
      dimensions: [1],
      rounds: 1,
      limitMilliseconds: 1000,
      signal: AbortSignal.abort(reason),
    };
    await expect(benchBackend(backend, options).next()).rejects.toBe(reason);
    backend.dispose();
  });
});
