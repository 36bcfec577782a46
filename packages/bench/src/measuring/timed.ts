/** Runs something, and gives how long it took with what it returned. */
export function timed<Result>(work: () => Result): { result: Result; seconds: number } {
  const began = performance.now();
  const result = work();
  return { result, seconds: (performance.now() - began) / 1000 };
}
