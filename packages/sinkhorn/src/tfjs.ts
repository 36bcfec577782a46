// For those who have @tensorflow/tfjs: nothing else of the umbrella needs it.
export * from '@sinkhorn/tfjs';
export * from '@sinkhorn/tfjs/transport';
