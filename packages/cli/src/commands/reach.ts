import { Option } from 'commander';
import { number } from './inputs.js';

/** The length of unbalanced transport, as an option. */
export const reachOption = new Option(
  '--reach <length>',
  'the distance from which mass is left out instead of moved (default: none)',
).argParser(number);
