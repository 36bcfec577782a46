import { webgpu } from '@sinkhorn/backend-webgpu';
import { expect, test } from 'vitest';
import { adjointErrors } from '../../../tests/support/adjointErrors.js';

test("derivatives of solutions, in parameters too, are each other's transposes", async () => {
  const backend = await webgpu();
  for (const [name, errors] of Object.entries(await adjointErrors(backend, 1e-6))) {
    for (const error of errors) expect(error, name).toBeLessThan(1e-4);
  }
  backend.dispose();
});
