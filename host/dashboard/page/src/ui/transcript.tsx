/** Messages as they went over the wire, newest last, in a space that does not grow. */

import { useEffect, useRef } from "preact/hooks";
import { formatTime } from "./format.ts";

export interface TranscriptLine {
  readonly key: number;
  readonly at: number;
  /** `out`: the page has published it. `in`: a subscriber has got it. `note`: no message, but what was done. */
  readonly kind: "out" | "in" | "note";
  /** Who has got it, where that is of interest. */
  readonly who?: string | undefined;
  readonly topic?: string | undefined;
  readonly text: string;
  readonly flags?: string | undefined;
}

const SIGNS = { out: "→", in: "←", note: "·" } as const;
const WORDS = { out: "published", in: "received", note: "" } as const;

export function Transcript({
  lines,
  label,
  empty,
}: {
  lines: readonly TranscriptLine[];
  label: string;
  empty: string;
}) {
  const ref = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, [lines]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <ol class="transcript" ref={ref} tabIndex={0} aria-label={label}>
      {lines.length === 0 ? <li class="nothing">{empty}</li> : null}
      {lines.map((line) => (
        <li key={line.key} class={line.kind}>
          <time>{formatTime(line.at)}</time>
          <span class="sign" aria-hidden="true">
            {SIGNS[line.kind]}
          </span>
          <span class="unseen">{WORDS[line.kind]}</span>
          {line.who === undefined ? null : <span class="who">{line.who}</span>}
          {line.topic === undefined ? null : <code class="topic">{line.topic}</code>}
          {line.kind === "note" ? <span>{line.text}</span> : <code class="payload">{line.text || "(empty)"}</code>}
          {line.flags ? <span class="flags">{line.flags}</span> : null}
        </li>
      ))}
    </ol>
  );
}
