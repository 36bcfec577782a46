#!/usr/bin/env node
import { processIo, STOPPED } from './commandIo.js';
import { exitStatus } from './exitStatus.js';

// First of all, so that an interrupt is noticed while the rest is loaded.
const io = processIo();
// Until then nothing has begun that would have to end in good order.
const stop = () => process.stderr.write(STOPPED, () => process.exit(exitStatus.interrupted));
io.signal.addEventListener('abort', stop);
const { main } = await import('./main.js');
io.signal.removeEventListener('abort', stop);
process.exitCode = await main(process.argv.slice(2), io);
