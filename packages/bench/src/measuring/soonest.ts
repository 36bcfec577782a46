/** Things in the order of their times. */
export interface Soonest<Thing> {
  add(time: number, thing: Thing): void;
  /** The first of them, which is taken out; undefined where there is none. */
  take(): { readonly time: number; readonly thing: Thing } | undefined;
}

/** A binary heap. */
export function soonest<Thing>(): Soonest<Thing> {
  const times: number[] = [];
  const things: Thing[] = [];
  const put = (at: number, time: number, thing: Thing) => {
    times[at] = time;
    things[at] = thing;
  };
  return {
    add(time, thing) {
      let at = times.length;
      while (at > 0) {
        const above = (at - 1) >> 1;
        if (times[above] <= time) break;
        put(at, times[above], things[above]);
        at = above;
      }
      put(at, time, thing);
    },
    take() {
      if (times.length === 0) return undefined;
      const first = { time: times[0], thing: things[0] };
      const [time, thing] = [times.pop() as number, things.pop() as Thing];
      const { length } = times;
      if (length === 0) return first;
      let at = 0;
      for (;;) {
        let below = 2 * at + 1;
        if (below + 1 < length && times[below + 1] < times[below]) below++;
        if (below >= length || times[below] >= time) break;
        put(at, times[below], things[below]);
        at = below;
      }
      put(at, time, thing);
      return first;
    },
  };
}
