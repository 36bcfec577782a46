import { formatDuration } from './writers/numbers.js';

/** The part of a stream that progress needs. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line on the terminal that says how the work goes, rewritten in place. */
export interface ProgressLine {
  /** Shows what is being done; with `done` and `total`, also the share and the time left. */
  show(what: string, done?: number, total?: number): void;
  /** Takes the line away: call it before anything else is printed. */
  clear(): void;
}

/** Makes a progress line; on anything but a terminal, and when quiet, it shows nothing. */
export function progressLine(stream: ProgressStream, quiet = false): ProgressLine {
  if (quiet || !stream.isTTY) return { show() {}, clear() {} };
  let shownAt = 0;
  let startedAt = 0;
  let current = '';
  return {
    show(what, done, total) {
      const now = performance.now();
      if (what !== current) {
        current = what;
        startedAt = now;
        shownAt = 0;
      }
      // Ten times a second is all that an eye takes in, and terminals are slow.
      if (now - shownAt < 100) return;
      shownAt = now;
      // Megabytes of a small file are 0 of 0: there is no share of that.
      const line = done === undefined || !total ? what : `${what}  ${share(done, total, now - startedAt)}`;
      stream.write(`\r\x1b[2K${line.slice(0, (stream.columns || 80) - 1)}`);
    },
    clear() {
      if (current !== '') stream.write('\r\x1b[2K');
      current = '';
    },
  };
}

function share(done: number, total: number, elapsed: number): string {
  const left = done > 0 ? `, ${formatDuration((elapsed * (total - done)) / done)} left` : '';
  return `${done} of ${total} (${Math.floor((100 * done) / total)} %${left})`;
}
