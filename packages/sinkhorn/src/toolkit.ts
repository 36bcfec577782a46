/** What losses between point clouds are used for: tests of samples. */
export * from '@sinkhorn/toolkit';
