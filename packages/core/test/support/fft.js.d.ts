/** What a test takes of fft.js, which has no types of its own. */
declare module 'fft.js' {
  export default class FFT {
    constructor(length: number);
    /** Writes the transform of complex numbers, each a real and an imaginary part one after the other. */
    transform(into: number[], from: ArrayLike<number>): void;
  }
}
