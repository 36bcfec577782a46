import {
  readyAdvice,
  readyGrids,
  readyHausdorff,
  readyKeptCosts,
  readyKernelNorms,
  readyNewton,
  readyParameters,
  readyRefinements,
  readySecondOrder,
  readySinkhorn,
  readySums,
} from './ready.js';

// Where no page waits for a download, the parts that Sync methods cannot load come along: they are there from the first call.
readyAdvice();
readyGrids();
readyHausdorff();
readyKeptCosts();
readyKernelNorms();
readyNewton();
readyParameters();
readySecondOrder();
readyRefinements();
readySinkhorn();
readySums();

export * from './index.js';
