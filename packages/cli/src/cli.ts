#!/usr/bin/env node
import { processIo } from './commandIo.js';

// First of all, so that an interrupt is heard while the rest is loaded.
const io = processIo();
const { main } = await import('./main.js');
process.exitCode = await main(process.argv.slice(2), io);
