/** A node's state in one word, as a person asks for it, and what it means. */

export const STATES = {
  online: { label: "Online", meaning: "The broker has accepted the node, and readings go through." },
  connecting: { label: "Connecting", meaning: "A link is being opened, or the broker's answer is awaited." },
  queueing: { label: "Queueing", meaning: "It has no connection, and its readings wait in its queue." },
  "back-off": { label: "In back-off", meaning: "It has no connection, and waits before it tries again." },
  asleep: { label: "Asleep", meaning: "It sleeps deeply until its next reading is due." },
  trapped: { label: "Trapped", meaning: "Its module has trapped; it starts again on a fresh image." },
  off: { label: "Off", meaning: "It has no power." },
} as const;

export type State = keyof typeof STATES;
