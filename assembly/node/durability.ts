/**
 * When the image is made durable, so that a power cut loses nothing that was promised. A checkpoint costs the board's
 * flash a write; `NODE_CHECKPOINT` says what is worth one.
 *
 * With 1 the queue survives that grows while there is no connection. What happens online is not written: after a
 * power cut, readings of the last outage may go out once more.
 *
 * With 2 nothing is told to the broker before it is durable here: no reading, and no answer that ends an
 * exchange. So the session itself goes on where it was, and QoS 2 is exactly once across power cuts too. What is to be
 * told waits for the step after the checkpoint:
 *
 *     step     a reading is queued, or an answer is written into the output
 *              checkpoint
 *     step     it is sent
 */

import { checkpoint } from "../hal";
import { connection, durability, queue, session } from "../image";
import { Phase } from "../mqtt/connection";
import { PERSISTENT, WRITES_AHEAD } from "../options";


@unmanaged
export class Durability {
  /** Entries before this one are in the newest checkpoint. */
  end: u32 = 0;
  /** The output holds answers that no checkpoint knows of. */
  isOwed: bool = false;
  /** The newest checkpoint holds entries that the broker has had since. */
  isOutdated: bool = false;
  /** This is a copy, made by a checkpoint: the node itself goes on, and clears this in its next step. */
  isCopy: bool = false;
}

/** Whether what is in the output must wait for a checkpoint. */
@inline
export function isHeldBack(): bool {
  return WRITES_AHEAD ? durability.isOwed : false;
}

/** The first entry that must not be sent yet. */
@inline
export function sendableEnd(): u32 {
  return WRITES_AHEAD ? durability.end : queue.end;
}

/** Asks for a checkpoint if one is due after this step. Returns true if something waits for it. */
export function persist(): bool {
  const isNew = queue.end != durability.end;
  if (WRITES_AHEAD) {
    if (!isNew && !durability.isOwed) return false;
    makeCheckpoint();
    return true;
  }
  // A node that takes its leave has been online: what it has delivered is no longer to be kept.
  if (connection.phase < Phase.ONLINE) {
    if (!isNew) return false;
    durability.isOutdated = true;
    makeCheckpoint();
  } else if (durability.isOutdated && queue.end == session.acknowledged) {
    durability.isOutdated = false;
    makeCheckpoint();
  }
  return false;
}

/** Asks for a checkpoint after this step. A board that keeps no images can't: then the node goes on as if it had. */
export function makeCheckpoint(): void {
  durability.end = queue.end;
  durability.isOwed = false;
  durability.isCopy = true;
  checkpoint();
}

/** The image was restored. If a checkpoint made it, the broker may have had everything in the queue. */
export function resumeCopy(): void {
  if (PERSISTENT) if (durability.isCopy) session.resendEnd = queue.end;
}
