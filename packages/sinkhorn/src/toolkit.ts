/** What losses between point clouds are used for: tests of samples, drift of tables, registration, colours, shapes. */
export * from '@sinkhorn/toolkit';
export * from '@sinkhorn/toolkit/colours';
export * from '@sinkhorn/toolkit/drift';
export * from '@sinkhorn/toolkit/registration';
export * from '@sinkhorn/toolkit/shapes';
