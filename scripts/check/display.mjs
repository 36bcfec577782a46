/** What a person sees of the check while it runs. */
import { createLogUpdate } from 'log-update';

/** Without a terminal, what runs is told this often, in milliseconds. */
const TELL_EVERY = 60_000;
const REDRAW_EVERY = 500;

/**
 * Lines that stay, above lines that change: what runs, and how far it is. Without a terminal the latter are told once a minute.
 * @param {() => string[]} status
 */
export function display(status, stream = process.stdout) {
  const live = stream.isTTY ? createLogUpdate(stream) : undefined;
  const draw = () => live?.(status().join('\n'));
  const tell = () => {
    for (const text of status()) stream.write(`... ${text}\n`);
  };
  const timer = setInterval(live ? draw : tell, live ? REDRAW_EVERY : TELL_EVERY);
  return {
    /** @param {string} text */
    print(text) {
      live?.clear();
      stream.write(`${text}\n`);
      draw();
    },
    end() {
      clearInterval(timer);
      live?.clear();
      live?.done();
    },
  };
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
