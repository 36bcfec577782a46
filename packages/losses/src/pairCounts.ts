/** Up to so many pairs, over a batch, a device's own overhead is more than the host's whole work. */
export const FEW_PAIRS = 1e5;
/** Up to so many pairs, over a batch, the host goes through all of them a few times in less than some seconds. */
export const MOST_PAIRS = 1e8;
