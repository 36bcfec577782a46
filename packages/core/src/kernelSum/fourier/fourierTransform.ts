/**
 * The discrete Fourier transform of a length, a power of 2: replaces z_k by sum_j z_j exp(-2 pi i j k / n), real and imaginary parts in two arrays
 * (Cooley and Tukey 1965). With the two exchanged it is n times the inverse.
 */
export function fourierTransform(length: number): (real: Float64Array, imaginary: Float64Array) => void {
  const half = length / 2;
  const cosines = Float64Array.from({ length: half }, (_, k) => Math.cos((2 * Math.PI * k) / length));
  const sines = Float64Array.from({ length: half }, (_, k) => Math.sin((2 * Math.PI * k) / length));
  const reversed = new Uint32Array(length);
  for (let k = 1; k < length; k++) reversed[k] = (reversed[k >> 1] >> 1) + (k & 1 ? half : 0);
  return (real, imaginary) => {
    for (let k = 0; k < length; k++) {
      const other = reversed[k];
      if (other <= k) continue;
      const [r, i] = [real[k], imaginary[k]];
      real[k] = real[other];
      imaginary[k] = imaginary[other];
      real[other] = r;
      imaginary[other] = i;
    }
    for (let size = 1; size < length; size *= 2) {
      const step = half / size;
      for (let k = 0; k < size; k++) {
        const cosine = cosines[k * step];
        const sine = sines[k * step];
        for (let low = k; low < length; low += 2 * size) {
          const high = low + size;
          const r = cosine * real[high] + sine * imaginary[high];
          const i = cosine * imaginary[high] - sine * real[high];
          real[high] = real[low] - r;
          imaginary[high] = imaginary[low] - i;
          real[low] += r;
          imaginary[low] += i;
        }
      }
    }
  };
}
