/** What happened, for screen readers, and in one line for everybody: results of what the visitor did, never the readings. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";

export interface Announcement {
  readonly text: string;
  readonly isError: boolean;
}

export interface Announcer {
  say(text: string): void;
  fail(error: unknown): void;
}

export const AnnouncerContext = createContext<Announcer>({ say() {}, fail() {} });

export function useAnnouncer(): Announcer {
  return useContext(AnnouncerContext);
}

/** Both regions are always there: a screen reader hears changes of what it knows. */
export function Announcements({ last }: { last: Announcement | undefined }) {
  return (
    <div class="announcements">
      <p role="status" class="announcement">
        {last !== undefined && !last.isError ? last.text : ""}
      </p>
      <p role="alert" class="announcement error">
        {last?.isError ? last.text : ""}
      </p>
    </div>
  );
}
