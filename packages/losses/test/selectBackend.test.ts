import { cpu } from '@sinkhorn/backend-cpu';
import { BackendUnavailableError, InvalidOptionError, probeBackends, selectBackend } from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';

function missing(): never {
  throw new BackendUnavailableError('this machine has no such device');
}
const late = { name: 'late', create: async () => cpu() };

describe('selectBackend', () => {
  test('takes the first that works here, and tells of those before it', async () => {
    const heard: string[] = [];
    const backend = await selectBackend([missing, late, missing], {
      onUnavailable: ({ name, reason }) => heard.push(`${name}: ${reason}`),
    });
    expect(backend.name).toBe('cpu');
    expect(heard).toEqual(['missing: this machine has no such device']);
  });

  test('gives every reason when none does', async () => {
    const failing = { name: 'other', create: () => Promise.reject(new Error('no driver')) };
    const none = selectBackend([missing, failing]);
    await expect(none).rejects.toBeInstanceOf(BackendUnavailableError);
    await expect(none).rejects.toThrow(/missing: this machine has no such device; other: no driver/);
    await expect(selectBackend([])).rejects.toThrow(/empty/);
  });

  test('refuses what is no list and what are no options', async () => {
    await expect(selectBackend(null as never)).rejects.toBeInstanceOf(BackendUnavailableError);
    await expect(selectBackend([cpu], null as never)).rejects.toBeInstanceOf(InvalidOptionError);
  });
});

test('probeBackends says what happened to each', async () => {
  const probes = await probeBackends([missing, late]);
  expect(probes.map(({ name, backend, reason }) => [name, backend?.name, reason])).toEqual([
    ['missing', undefined, 'this machine has no such device'],
    ['late', 'cpu', undefined],
  ]);
});
