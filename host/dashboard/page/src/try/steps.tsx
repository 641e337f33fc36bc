/** The tutorial's steps, to click: docs/tutorial.md has them for the terminal. */

import type { ComponentChildren } from "preact";
import type { Store } from "../data/store.ts";
import { CommandStep } from "./command-step.tsx";
import { RetainedStep } from "./retained-step.tsx";
import { SessionStep } from "./session-step.tsx";
import { WillStep } from "./will-step.tsx";

export function Steps({ store }: { store: Store }) {
  return (
    <div class="steps">
      <WillStep store={store} />
      <RetainedStep store={store} />
      <SessionStep store={store} />
      <CommandStep store={store} />
    </div>
  );
}

/** One step: what it shows in two sentences, what to press, what went over the wire. */
export function Step({
  number,
  title,
  text,
  children,
}: {
  number: number;
  title: string;
  text: string;
  children: ComponentChildren;
}) {
  return (
    <section class="step" aria-labelledby={`step-${number}`}>
      <h3 id={`step-${number}`}>
        <span class="step-number" aria-hidden="true">
          {number}
        </span>
        {title}
      </h3>
      <p class="step-text">{text}</p>
      {children}
    </section>
  );
}
