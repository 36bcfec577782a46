import { parentPort, workerData } from 'node:worker_threads';
import { errorFrom, errorText } from './errors.js';
import { openBackend } from './numerics.js';
import { runTile } from './runTile.js';
import { shardRunner } from './shardRunner.js';
import type { FromThread, ThreadCall, ThreadData, ToThread } from './threadMessages.js';
import { resultBytes } from './tileResult.js';

/** Computes what it is sent, one call after the other, where no event loop waits for it. */
const port = parentPort;
if (port) {
  const backend = openBackend((workerData as ThreadData).numerics);
  const waiting = new Map<string, { resolve(bytes: Uint8Array): void; reject(error: Error): void }>();
  const tell = (message: FromThread) => port.postMessage(message);
  const fetched = (array: boolean) => (name: string) =>
    new Promise<Uint8Array>((resolve, reject) => {
      waiting.set(name, { resolve, reject });
      tell({ need: name, array });
    });
  let shards: ReturnType<typeof shardRunner> | undefined;
  const answer = async ({ kind, job }: ThreadCall): Promise<Uint8Array[]> => {
    if (kind === 'tile') return [resultBytes(await runTile(job, await backend, fetched(false)))];
    shards ??= shardRunner(await backend);
    return shards(job, fetched(true));
  };
  port.on('message', (message: ToThread) => {
    if ('call' in message) {
      answer(message.call).then(
        (done) => tell({ done }),
        (error) => tell({ failed: errorText(error) }),
      );
      return;
    }
    const asked = waiting.get(message.blob);
    waiting.delete(message.blob);
    if ('bytes' in message) asked?.resolve(message.bytes);
    else asked?.reject(errorFrom(message.failed));
  });
}
