/** What to do after the broker has refused or ended a connection with a Reason Code of MQTT 5.0 (4.13). */

import { destination } from "../image";
import { isFailure, ReasonCode } from "../mqtt/reason";
import { delayUpToMs, nextDelayMs, QUOTA_MS, REFUSED_MS, TAKEN_OVER_MS } from "./backoff";

/** Which of the configured endpoints is connected to. A broker's own words for another server are logged, never followed. */
@unmanaged
export class Destination {
  /** The endpoint that is opened next. */
  endpoint: i32 = 0;
  /** The endpoint to come back to. */
  home: i32 = 0;
}

/** 80, 88, 89, 8b, 8d, a0: the broker is in trouble, and time will mend it. */
const MENDS: u64 = 0x1_0000_2b01;
/** 93, 96, 97, 9f: the broker has had too much of this node. */
const TOO_MUCH: u64 = 0x80c8_0000;

/** Milliseconds until the next attempt. Chooses its endpoint too. */
export function delayAfterMs(reason: i32): u32 {
  if (reason == ReasonCode.SERVER_MOVED) destination.endpoint = ++destination.home;
  else if (reason == ReasonCode.USE_ANOTHER_SERVER) destination.endpoint++;
  else if (reason != ReasonCode.SUCCESS && !isFailure(reason, MENDS)) {
    if (reason == ReasonCode.SESSION_TAKEN_OVER) return delayUpToMs(TAKEN_OVER_MS);
    // Whatever it is beside these, it waits for a person.
    return delayUpToMs(isFailure(reason, TOO_MUCH) ? QUOTA_MS : REFUSED_MS);
  }
  return nextDelayMs();
}

/** A connection to the endpoint was made, or failed: the next one goes home, unless the broker says otherwise. */
export function goHome(): void {
  destination.endpoint = destination.home;
}

/** There is no such endpoint: back to the first. */
export function loseWay(): void {
  destination.home = 0;
  destination.endpoint = 0;
}
