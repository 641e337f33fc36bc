/** Why a reading may be lost, in the words of the pages. */
export const EXCUSES = {
  /** durability.md: nothing that a step did counts before its checkpoint, or its end. */
  unfinished: "the step that took it never ended",
  /** behaviour.md: "The queue lies in the image: it survives a lost connection, not a trap or a restart of the program." */
  fresh: "the node began with a fresh image",
  /** durability.md, NODE_CHECKPOINT=1: "readings of an outage are delivered"; others are not. */
  unwritten: "it was taken online and no checkpoint holds it",
  /** durability.md: "the newest checkpoint stays an older one"; "resumes the one before". */
  storage: "the storage failed, and the node went on from an older checkpoint",
  /** behaviour.md: "Each drop is counted and logged." What was dropped and changed nothing in the queue is worth no checkpoint. */
  counted: "it was dropped, and said so, after the checkpoint that the node went on from",
  /** behaviour.md: under QoS 0 "What the link then loses is lost." */
  link: "under QoS 0 the link lost it",
  /** durability.md: the storage failed, and an older checkpoint's identifiers go on from where they were. */
  identifier: "the storage failed, and its identifier was in an exchange of an image that is no more",
} as const;
export type Excuse = keyof typeof EXCUSES;
