/** Rows that are taken in before timers and signals have their turn: some milliseconds of work. */
const ROWS_AT_ONCE = 4096;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Does something for each of `count` rows, and yields to the event loop now and then.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function inTurns(
  count: number,
  signal: AbortSignal | undefined,
  take: (row: number) => void,
): Promise<void> {
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    await nextTurn();
    signal?.throwIfAborted();
    for (let row = from; row < Math.min(count, from + ROWS_AT_ONCE); row++) take(row);
  }
}
