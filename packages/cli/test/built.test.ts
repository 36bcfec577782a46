/** The command as users run it: a process of its own over the built package. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
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
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...output }));
  return { child, ended };
}

function cloudCsv(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => `${Math.sin(i * i)},${Math.cos(3 * i * i)}`);
  return `x,y\n${rows.join('\n')}\n`;
}

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

  it('stops at an interrupt and leaves nothing', async () => {
    await folder.write('a.csv', cloudCsv(300));
    const { child, ended } = start('compare', 'a.csv', 'a.csv', '--permutations', '1000000', '--gradient', 'g.csv');
    // Long enough for the permutations to have begun; an interrupt before that is heard as well.
    setTimeout(() => child.kill('SIGINT'), 3000);
    const { status, stderr } = await ended;
    expect(status).toBe(130);
    expect(stderr).toBe('sinkhorn: stopped; nothing was written\n');
    expect(await readdir(folder.path)).toEqual(['a.csv']);
  });
});
