/** Thrown through a step by a host call: the power is gone, and nothing after it happens. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}
