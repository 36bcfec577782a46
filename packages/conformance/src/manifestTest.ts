import type { ConformanceTest } from './conformanceTest.js';
import type { BackendManifest } from './manifest.js';
import { check } from './support/check.js';

/** That a backend is what its manifest says. */
export const manifestTest = ({
  precision,
  readSync,
  readAll = false,
  permute = false,
  logSumExpAlongAxis = false,
  logSumExpByDistance = false,
  pairs = false,
  drain,
}: BackendManifest): ConformanceTest => ({
  id: 'contract/manifest',
  title: 'it has the precision and the optional functions that its manifest says',
  async run({ backend }) {
    check(backend.precision === precision, `the precision is ${backend.precision} and not ${precision}`);
    const optional = { readSync, readAll, permute, logSumExpAlongAxis, logSumExpByDistance, pairs, drain };
    for (const [name, stated] of Object.entries(optional) as [keyof typeof optional, boolean][]) {
      const has = backend[name] !== undefined;
      check(has === stated, `${name}: the manifest says ${stated}, and the backend has ${has ? 'one' : 'none'}`);
    }
  },
});
