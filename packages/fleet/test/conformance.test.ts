import { describeBackend, describeSharding, manifests } from '@sinkhorn/conformance';
import { cores, numericsOf, openBackend } from '@sinkhorn/fleet';
import { keptOracle } from '../../../tests/setup/oracle.js';
import { fleetThread } from '../../../tests/support/fleetThread.js';

const { operators } = manifests.wasm;
const manifest = {
  precision: 'float32',
  readSync: false,
  permute: true,
  logSumExpAlongAxis: true,
  logSumExpByDistance: true,
  drain: false,
  operators,
  solver: false,
} as const;
const sharded = async (shards: number) => cores({ threads: 2, shards, minPairs: 0, thread: await fleetThread() });

describeBackend('fleet, every reduction in three shards', () => sharded(3), {
  manifest,
  timeout: 0,
  oracle: keptOracle('float32'),
});
describeSharding('fleet', { sharded, alone: () => openBackend(numericsOf()) });
