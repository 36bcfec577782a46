/** What the command says with its exit status. */
export const exitStatus = {
  done: 0,
  notConverged: 1,
  badInput: 2,
  failedGate: 3,
  internalError: 70,
  interrupted: 130,
} as const;
