/** For how long the device is busy with each of what is submitted during some work: milliseconds, in their order. */
export async function submissionTimes(work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const ends: Promise<void>[] = [];
  const { submit } = GPUQueue.prototype;
  let lastEnd = 0;
  GPUQueue.prototype.submit = function (...given) {
    submit.apply(this, given);
    const submitted = performance.now();
    ends.push(
      this.onSubmittedWorkDone().then(() => {
        const end = performance.now();
        // It begins when the one before it is done.
        times.push(end - Math.max(submitted, lastEnd));
        lastEnd = end;
      }),
    );
  };
  try {
    await work();
  } finally {
    GPUQueue.prototype.submit = submit;
  }
  await Promise.all(ends);
  return times;
}
