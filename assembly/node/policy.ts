/** What to do after the broker has refused or ended a connection with a Reason Code of MQTT 5.0 (4.13). */

import { destination } from "../image";
import { ReasonCode } from "../mqtt/reason";
import { delayUpToMs, nextDelayMs, QUOTA_MS, REFUSED_MS, TAKEN_OVER_MS } from "./backoff";

/** Which of the configured endpoints is connected to. A broker's own words for another server are logged, never followed. */
@unmanaged
export class Destination {
  /** The endpoint that is opened next. */
  endpoint: i32 = 0;
  /** The endpoint to come back to. */
  home: i32 = 0;
}

/** Milliseconds until the next attempt. Chooses its endpoint too. */
export function delayAfterMs(reason: i32): u32 {
  switch (reason) {
    case ReasonCode.SUCCESS:
    case ReasonCode.UNSPECIFIED_ERROR:
    case ReasonCode.SERVER_UNAVAILABLE:
    case ReasonCode.SERVER_BUSY:
    case ReasonCode.SERVER_SHUTTING_DOWN:
    case ReasonCode.KEEP_ALIVE_TIMEOUT:
    case ReasonCode.MAXIMUM_CONNECT_TIME:
      return nextDelayMs();
    case ReasonCode.RECEIVE_MAXIMUM_EXCEEDED:
    case ReasonCode.MESSAGE_RATE_TOO_HIGH:
    case ReasonCode.QUOTA_EXCEEDED:
    case ReasonCode.CONNECTION_RATE_EXCEEDED:
      return delayUpToMs(QUOTA_MS);
    case ReasonCode.SESSION_TAKEN_OVER:
      return delayUpToMs(TAKEN_OVER_MS);
    case ReasonCode.SERVER_MOVED:
      destination.home++;
      destination.endpoint = destination.home;
      return nextDelayMs();
    case ReasonCode.USE_ANOTHER_SERVER:
      destination.endpoint++;
      return nextDelayMs();
    default:
      // Whatever it is, it waits for a person.
      return delayUpToMs(REFUSED_MS);
  }
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
