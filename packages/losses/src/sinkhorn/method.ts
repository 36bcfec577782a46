import type { SinkhornDivergenceOptions } from '../sinkhornDivergence.js';

export type Method = NonNullable<SinkhornDivergenceOptions['method']>;
