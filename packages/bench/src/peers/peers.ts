import { readFileSync } from 'node:fs';
import type { CloudPair } from '../clouds/problems.js';
import { type DenseResult, denseDivergence } from './denseDivergence.js';
import { jaxTools } from './jaxTools.js';
import { tfjsTools } from './tfjsTools.js';

type Divergence = (clouds: CloudPair, epsilons: readonly number[]) => DenseResult;

/** A library that the same can be written in. */
export interface Peer {
  readonly title: string;
  /** Loads and starts it. */
  start(): Promise<Divergence>;
}

const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const withVersion = (name: string): string => `${name} ${dependencies[name]}`;

/** The libraries compared with. */
export const peers = {
  tfjs: {
    title: withVersion('@tensorflow/tfjs-backend-wasm'),
    async start() {
      const tools = await tfjsTools();
      return (clouds, epsilons) => denseDivergence(tools, clouds, epsilons);
    },
  },
  jax: {
    title: withVersion('@jax-js/jax'),
    async start() {
      const tools = await jaxTools();
      return (clouds, epsilons) => denseDivergence(tools, clouds, epsilons);
    },
  },
} as const satisfies Record<string, Peer>;

export type PeerName = keyof typeof peers;
