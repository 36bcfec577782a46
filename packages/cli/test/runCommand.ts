import { readFile } from 'node:fs/promises';
import { main } from '../src/main.js';

/** What a run of the command left. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command. */
export async function run(...argv: string[]): Promise<Outcome> {
  return runWith(new AbortController().signal, argv);
}

/** Runs it with a signal, and as on a terminal where somebody hears what it writes there. */
export async function runWith(
  signal: AbortSignal,
  argv: readonly string[],
  onError?: (text: string) => void,
): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  const status = await main(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: {
      isTTY: onError !== undefined,
      write: (text) => {
        stderr += text;
        onError?.(text);
      },
    },
    signal,
  });
  return { status, stdout, stderr };
}

/** A small cloud of two columns, the same in every run. */
export function cloudCsv(count: number, shift: number, header = 'x,y'): string {
  const rows = Array.from({ length: count }, (_, i) => `${Math.sin(i * i) + shift},${Math.cos(3 * i * i)}`);
  return `${header}\n${rows.join('\n')}\n`;
}

/** The header and the rows of a CSV file. */
export async function csvNumbers(file: string): Promise<{ header: string; rows: number[][] }> {
  const [header, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return { header, rows: lines.map((line) => line.split(',').map(Number)) };
}
