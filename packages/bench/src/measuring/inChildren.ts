import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Baseline } from '../report/results.js';
import type { Runner } from './runner.js';

const script = fileURLToPath(import.meta.resolve('./child.js'));

async function start(...args: string[]) {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

/** Runs each task in a process of its own, so that neither memory nor compiled code of one is in the way of another. */
export async function inChildren(): Promise<{ run: Runner; baseline: Baseline }> {
  const { peak: empty } = await start();
  const { peak: importing } = await start('nothing');
  return {
    baseline: { importing, empty },
    async run(name, argument) {
      const { result, peak } = await start(name, JSON.stringify(argument));
      return { result, peak: peak - importing };
    },
  };
}
