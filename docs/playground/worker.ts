/** Runs one example, in a worker of its own: an endless loop is ended with it, and the page never waits. */
import { format } from 'node-inspect-extracted';
import { transform } from 'sucrase';
import type { Message } from './message';
import { load } from './modules';

/** Lines that a page still shows at once. More of them are counted, not shown. */
const MOST_LINES = 1000;

type Body = (load: (name: string) => unknown, exports: object) => Promise<void>;
const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => Body;
/** Lines that browsers write above the body of such a function. */
const LINES_ABOVE = 2;

const say = (message: Message) => postMessage(message);

let lines = 0;
for (const level of ['log', 'info', 'debug', 'warn', 'error'] as const) {
  console[level] = (...values: unknown[]) => {
    lines += 1;
    const isError = level === 'warn' || level === 'error';
    if (lines <= MOST_LINES) say({ kind: 'printed', text: format(...values), isError });
    else if (lines === MOST_LINES + 1) say({ kind: 'printed', text: '(more lines than are shown)', isError: true });
  };
}

addEventListener('message', ({ data }: MessageEvent<{ code: string }>) => void run(data.code));
// What an example leaves behind it and then fails.
addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  fail(event.reason);
});

async function run(code: string): Promise<void> {
  try {
    // Line numbers stay: types are cut out, and imports become calls in their places.
    const { code: script } = transform(code, { transforms: ['typescript', 'imports'], disableESTransforms: true });
    const modules = new Map<string, unknown>();
    for (const [, name] of script.matchAll(/\brequire\(['"](.*?)['"]\)/g)) modules.set(name, await load(name));
    const body = new AsyncFunction('require', 'exports', script);
    const begin = performance.now();
    await body((name) => modules.get(name), {});
    say({ kind: 'ended', milliseconds: performance.now() - begin });
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : format('%o', error);
  say({ kind: 'failed', text, line: lineOf(error) });
}

/** The line of the example that an error is about, counted from 1. */
function lineOf(error: unknown): number | undefined {
  const { loc, stack } = Object(error) as { loc?: { line: number }; stack?: string };
  if (loc) return loc.line; // where the parser stopped
  const place = /(?:<anonymous>|> AsyncFunction|> Function):(\d+):\d+/.exec(stack ?? '');
  return place ? Number(place[1]) - LINES_ABOVE : undefined;
}
