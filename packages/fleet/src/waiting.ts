import { setTimeout } from 'node:timers/promises';
import type { StopSignal } from '@sinkhorn/core';
import type { Redis } from 'ioredis';

/** What some work gives, or the reason of an abort as soon as there is one: a server that is away should not be waited for then. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: StopSignal | undefined): Promise<Result> {
  if (signal?.aborted) {
    // Nobody waits for it any more, and what it fails by is nobody's error.
    work.catch(() => {});
    signal.throwIfAborted();
  }
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason);
    signal?.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** How long what cleans up waits for a server that is away, in milliseconds. */
const PATIENCE_MILLISECONDS = 5000;

/** Waits for work that cleans up, but not for ever: where the server is away, nobody should wait for it to come back. */
export async function patiently(work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  const ended = setTimeout(PATIENCE_MILLISECONDS, undefined, { ref: false, signal: patience.signal }).catch(() => {});
  try {
    await Promise.race([work, ended]);
  } finally {
    patience.abort();
  }
}

/** Between two questions whether the server is there, in milliseconds. */
const ASK_MILLISECONDS = 500;

/** Waits for work that ends something, for as long as the server answers, or does so again soon. */
export async function whileThere(redis: Redis, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  work.then(end, end);
  const wait = (milliseconds: number) => setTimeout(milliseconds, undefined, { signal: ended.signal }).catch(() => {});
  while (!ended.signal.aborted) {
    const answer = redis.ping().then(
      () => true,
      () => false,
    );
    const isThere = await Promise.race([answer, wait(PATIENCE_MILLISECONDS)]);
    if (!isThere) return;
    await wait(ASK_MILLISECONDS);
  }
}
