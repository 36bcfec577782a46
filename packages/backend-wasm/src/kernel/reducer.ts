import type { Code } from '../encoding/code.js';
import type { Local } from '../encoding/functionBuilder.js';
import type { Vector } from '../encoding/v128.js';
import type { Component } from './formulaCode.js';

/** Some columns, for the rows at hand. */
export interface Tile {
  /** Index of the first column. */
  readonly start: Local<'i32'>;
  /** Index behind the last column. */
  readonly end: Local<'i32'>;
  /** Address of memory for a vector of lanes a column vector, and that for each stored value of each row. */
  readonly scratch: Local<'i32'>;
  /** Address of the first row's state; those of the others follow. */
  readonly state: Local<'i32'>;
}

/** How a kind of reduction gathers what it sees. */
export interface Reducer {
  /** Memory that a row's state takes. */
  readonly stateBytes: number;
  /** How many numbers a row's state comes to in the end. */
  readonly reducedCount: number;
  /** Emits the state of a row that has seen nothing. */
  begin(state: Code<'i32'>, offset: number): void;
  /** Emits what a tile adds to the states of the rows at hand. */
  addTile(tile: Tile): void;
  /** Emits the numbers a state comes to, `stride` bytes apart from `place` on. */
  end(state: Local<'i32'>, place: Local<'i32'>, stride: number): void;
  /** Emits the results of as many rows as there are lanes, from the numbers that `end` left. */
  results(
    place: Local<'i32'>,
    stride: number,
  ): { readonly main: (component: Component) => Vector; readonly second?: Vector };
}
