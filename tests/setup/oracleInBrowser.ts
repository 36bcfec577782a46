/** The oracle of oracle.ts, in a page. */
import type { Oracle } from '@sinkhorn/conformance';
import { commands } from 'vitest/browser';
import { parseOracle } from './oracleFormat.js';

export const oracle = async (): Promise<Oracle> => parseOracle(await commands.oracleText());
