/** Around each test in a browser: which one runs is written down. */
import type { Results } from '@sinkhorn/conformance';
import { beforeEach } from 'vitest';
import { commands } from 'vitest/browser';

beforeEach(({ task }) => commands.started(task.id, task.fullName));

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Writes down that a test starts, before it does: see scripts/check/results.mjs. */
    started: (id: string, name: string) => Promise<void>;
    /** What the conformance suite has computed to compare with: see oracle.ts. */
    oracleText: () => Promise<string>;
    /** What core's solvers give in Node: see resultsInNode.ts. */
    resultsInNode: (name: 'cpu' | 'wasm') => Promise<Results>;
  }
}
