import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Store } from "../data/store.ts";

/** Draws the component again whenever the store has news. */
export function useStore(store: Store): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => store.listen(() => redraw(undefined)), [store]);
}

/** The size of an element's content, in CSS pixels; 0 by 0 before it is laid out. */
export function useSize<Type extends HTMLElement>() {
  const ref = useRef<Type>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size] as const;
}
