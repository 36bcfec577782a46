/** Around each test in a browser: which one runs is written down. */
import type { Results } from '@sinkhorn/conformance';
import { beforeEach, type RunnerTestCase } from 'vitest';
import { commands } from 'vitest/browser';

/** The test that ran before in this file. */
let before: RunnerTestCase | undefined;

beforeEach(({ task }) => {
  const ended = before?.result && { id: before.id, name: before.fullName, passed: before.result.state === 'pass' };
  before = task;
  return commands.started(task.id, task.fullName, ended);
});

declare module 'vitest/browser' {
  interface BrowserCommands {
    /**
     * Writes down that a test starts, before it does, and what happened to the one before it, which the reporter is told of a little
     * later: too late where the browser ends in this one. See scripts/check/results.mjs.
     */
    started: (
      id: string,
      name: string,
      before?: { readonly id: string; readonly name: string; readonly passed: boolean },
    ) => Promise<void>;
    /** What the conformance suite has computed to compare with: see oracle.ts. */
    oracleText: () => Promise<string>;
    /** What core's solvers give in Node: see resultsInNode.ts. */
    resultsInNode: (name: 'cpu' | 'wasm') => Promise<Results>;
  }
}
