#!/usr/bin/env node
import { main } from './main.js';

const stop = new AbortController();
// SIGHUP comes when the terminal is closed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => stop.abort(new DOMException('interrupted', 'AbortError')));
}
process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
  env: process.env,
});
// What a server that does not answer holds open is not waited for.
setTimeout(() => process.exit(), 1000).unref();
