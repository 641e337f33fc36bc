import { useCallback, useState } from "preact/hooks";
import type { Message } from "../data/broker.ts";
import type { TranscriptLine } from "../ui/transcript.tsx";

/** As many lines as a step needs, and some more. */
const MAX_LINES = 50;

let keys = 0;

/** What a message has besides topic and payload, in words. */
export function flagsOf({ qos, retain }: Pick<Message, "qos" | "retain">): string {
  return retain ? `QoS ${qos}, retained` : `QoS ${qos}`;
}

/** The lines of one step, and how to add to them. */
export function useTranscript() {
  const [lines, setLines] = useState<readonly TranscriptLine[]>([]);
  const add = useCallback((line: Omit<TranscriptLine, "key" | "at"> & { at?: number }): void => {
    setLines((old) => [...old, { at: Date.now(), ...line, key: ++keys }].slice(-MAX_LINES));
  }, []);
  const received = useCallback(
    (message: Message, who?: string): void => {
      const { at, topic, payload } = message;
      add({ kind: "in", at, topic, text: payload, flags: flagsOf(message), who });
    },
    [add],
  );
  const published = useCallback(
    (topic: string, text: string, message: Pick<Message, "qos" | "retain">): void => {
      add({ kind: "out", topic, text, flags: flagsOf(message) });
    },
    [add],
  );
  const note = useCallback((text: string): void => add({ kind: "note", text }), [add]);
  return { lines, received, published, note };
}
