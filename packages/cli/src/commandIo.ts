import type { ProgressStream } from './progress.js';

/** What a command talks to: the process, or a test. */
export interface CommandIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressStream;
  /** Aborted when the user interrupts the command. */
  readonly signal: AbortSignal;
}

/** The last word of a command that was interrupted. */
export const STOPPED = 'sinkhorn: stopped; nothing was written\n';

/** The streams of this process; the first interrupt stops the work in good order and says so, the second ends it at once. */
export function processIo(): CommandIo {
  const interrupt = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    process.stderr.write(
      `${process.stderr.isTTY ? '\r\x1b[2K' : ''}sinkhorn: stopping (${signal}); once more to stop at once\n`,
    );
    interrupt.abort();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // A reader that has read enough, such as head, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(
      `sinkhorn: standard output cannot be written (${error.message}); make room, or send it elsewhere\n`,
    );
    process.exit(2);
  });
  return { stdout: process.stdout, stderr: process.stderr, signal: interrupt.signal };
}
