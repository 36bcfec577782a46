/** What losses between point clouds are used for: tests of samples, drift of tables. */
export * from '@sinkhorn/toolkit';
export * from '@sinkhorn/toolkit/drift';
