/**
 * What the conformance suite computed to compare with, shared by all that run it in one check: the stage that runs first
 * writes it down, and the others read it. Outside of a check each run computes its own.
 */
import type { Oracle } from '@sinkhorn/conformance';
import { afterAll } from 'vitest';
import { keepOracle, oracleText } from './oracleFiles.js';
import { formatOracle, parseOracle } from './oracleFormat.js';

/** What was written down before. */
export const oracle = (): Oracle => parseOracle(oracleText());

/** A new one, which is written down under a name when the file of tests ends. */
export function keptOracle(name: string): () => Oracle {
  const known: Oracle = new Map();
  afterAll(() => keepOracle(name, () => formatOracle(known)));
  return () => known;
}
