import * as ops from '@sinkhorn/tfjs';
import * as transport from '@sinkhorn/tfjs/transport';
import { expect, test } from 'vitest';

test('the ops are there as sinkhorn/tfjs', async () => {
  expect({ ...(await import('sinkhorn/tfjs')) }).toEqual({ ...ops, ...transport });
});
