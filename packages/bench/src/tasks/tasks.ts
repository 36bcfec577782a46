import { accuracyGiven } from './accuracyGiven.js';
import { ballTruncation } from './ballTruncation.js';
import { barycenterTimes } from './barycenterTimes.js';
import { exactTimes } from './exactTimes.js';
import { firstCall } from './firstCall.js';
import { fleetTimes } from './fleetTimes.js';
import { flowReductions } from './flowReductions.js';
import { gradientErrors } from './gradientErrors.js';
import { gridMemory, gridTimes } from './gridTimes.js';
import { heatMapTimes } from './heatMapTimes.js';
import { keptCostTimes } from './keptCostTimes.js';
import { kernelNormTimes } from './kernelNormTimes.js';
import { kernelTimes } from './kernelTimes.js';
import { libraryReductions } from './libraryReductions.js';
import { lossTime } from './lossTime.js';
import { methodReductions } from './methodReductions.js';
import { multiscaleTimes } from './multiscaleTimes.js';
import { nativeTimes } from './nativeTimes.js';
import { pageKernelTimes } from './pageKernelTimes.js';
import { pageWebglTimes } from './pageWebglTimes.js';
import { pageDivergences, pageSoftmins } from './pageWebgpu.js';
import { parameterTimes } from './parameterTimes.js';
import { peerOnce } from './peerOnce.js';
import { peerTimes } from './peerTimes.js';
import { permutationTimes } from './permutationTimes.js';
import { productErrors } from './productErrors.js';
import { registrationErrors } from './registrationErrors.js';
import { secondOrderTimes } from './secondOrderTimes.js';
import { shardTimes } from './shardTimes.js';
import { sliceThreadTimes } from './sliceThreadTimes.js';
import { smallBlurPasses } from './smallBlurPasses.js';
import { smallTimes } from './smallTimes.js';
import { softminOnce } from './softminOnce.js';
import { strategyErrors } from './strategyErrors.js';
import { strategyTimes } from './strategyTimes.js';
import { threadTimes } from './threadTimes.js';
import { toolkitTimes } from './toolkitTimes.js';
import { trainingOnce } from './trainingOnce.js';
import { trainingTimes } from './trainingTimes.js';

const all = {
  accuracyGiven,
  ballTruncation,
  barycenterTimes,
  exactTimes,
  keptCostTimes,
  firstCall,
  fleetTimes,
  flowReductions,
  gradientErrors,
  gridMemory,
  gridTimes,
  heatMapTimes,
  kernelNormTimes,
  kernelTimes,
  libraryReductions,
  lossTime,
  methodReductions,
  multiscaleTimes,
  nativeTimes,
  pageDivergences,
  pageKernelTimes,
  pageWebglTimes,
  pageSoftmins,
  parameterTimes,
  peerOnce,
  peerTimes,
  permutationTimes,
  productErrors,
  registrationErrors,
  secondOrderTimes,
  shardTimes,
  smallBlurPasses,
  smallTimes,
  softminOnce,
  strategyErrors,
  strategyTimes,
  sliceThreadTimes,
  threadTimes,
  toolkitTimes,
  trainingOnce,
  trainingTimes,
};

export type TaskName = keyof typeof all;
export type TaskArgument<Name extends TaskName> = Parameters<(typeof all)[Name]>[0];
export type TaskResult<Name extends TaskName> = Awaited<ReturnType<(typeof all)[Name]>>;

/** Everything that is measured, by name: each takes and gives JSON, so that it can run in a process of its own. */
export const tasks: {
  readonly [Name in TaskName]: (argument: TaskArgument<Name>) => TaskResult<Name> | Promise<TaskResult<Name>>;
} = all;
