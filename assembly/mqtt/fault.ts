/** How the peer broke the standard: the Reason Code with which MQTT 5.0 has this side end the connection (4.13). */

import { fault } from "../image";
import { V5 } from "../options";
import { ReasonCode } from "./reason";


@unmanaged
export class Fault {
  /** Of the violation that was found last, or the code that the broker gave last. */
  reason: i32 = 0;
}

/** Notes a violation. Returns 0, which in most places stands for failure. */
@inline
export function violation(reason: i32): i32 {
  if (V5) fault.reason = reason;
  return 0;
}

/** The packet can't be parsed by the standard's grammar. */
export function malformed(): i32 {
  return violation(ReasonCode.MALFORMED_PACKET);
}

/** The packet can be parsed, and says what must not be said, or not here. */
export function protocolError(): i32 {
  return violation(ReasonCode.PROTOCOL_ERROR);
}
