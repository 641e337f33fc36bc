/**
 * A list of which only what is in view is in the document, however long it is: cells of one size, in as many columns as
 * fit. It is one stop for Tab; arrow keys, Home, End and Page keys move in it, Enter and Space choose.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { useSize } from "../ui/hooks.ts";

interface VirtualListProps<Item> {
  readonly items: readonly Item[];
  readonly label: string;
  /** In CSS pixels. A few items that leave room are drawn larger, up to the second of the two. */
  readonly heights: readonly [least: number, most: number];
  /** Cells are at least so wide where the list is; undefined: one column. */
  readonly minItemWidth: number | undefined;
  readonly gap: number;
  /** The index of the item that is chosen, or -1. */
  readonly chosen: number;
  choose(item: Item): void;
  keyOf(item: Item): string;
  /** All that `draw` shows, in words: an option has no parts that a screen reader could go into. */
  nameOf(item: Item): string;
  draw(item: Item): ComponentChildren;
}

/** Rows above and below the view, so that scrolling shows no holes. */
const OVERSCAN = 2;

export function VirtualList<Item>(props: VirtualListProps<Item>) {
  const { items, label, heights, minItemWidth, gap, chosen, choose, keyOf, nameOf, draw } = props;
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const [scrollTop, setScrollTop] = useState(0);
  const [active, setActive] = useState(0);
  const [isFocused, setIsFocused] = useState(false);

  const columns = minItemWidth === undefined ? 1 : Math.max(1, Math.floor((width + gap) / (minItemWidth + gap)));
  const rows = Math.ceil(items.length / columns);
  const [least, most] = heights;
  const itemHeight = Math.max(least, Math.min(most, Math.floor((height + gap) / Math.max(1, rows)) - gap));
  const pitch = itemHeight + gap;
  const current = Math.min(active, items.length - 1);
  const firstRow = Math.max(0, Math.floor(scrollTop / pitch) - OVERSCAN);
  const lastRow = Math.min(rows, Math.ceil((scrollTop + height) / pitch) + OVERSCAN);
  const shown = width === 0 ? [] : items.slice(firstRow * columns, lastRow * columns);

  useEffect(() => {
    if (chosen >= 0) setActive(chosen);
  }, [chosen]);

  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null || !isFocused) return;
    const top = Math.floor(current / columns) * pitch;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + itemHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + itemHeight - element.clientHeight;
    }
  }, [current, columns, isFocused]);

  const idOf = (item: Item): string => `item-${keyOf(item)}`;
  const page = Math.max(1, Math.floor(height / pitch)) * columns;
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: page,
    PageUp: -page,
    Home: -items.length,
    End: items.length,
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const item = items[current];
    const step = steps[event.key];
    if ((event.key === "Enter" || event.key === " ") && item !== undefined) choose(item);
    else if (step !== undefined) setActive(Math.max(0, Math.min(items.length - 1, current + step)));
    else return;
    event.preventDefault();
  };

  const activeItem = items[current];
  const isActiveShown = current >= firstRow * columns && current < lastRow * columns;
  return (
    <div
      class="list"
      ref={ref}
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={activeItem !== undefined && isActiveShown ? idOf(activeItem) : undefined}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
      onFocus={() => setIsFocused(true)}
      onBlur={() => setIsFocused(false)}
    >
      <div class="list-space" role="presentation" style={{ height: `${Math.max(0, rows * pitch - gap)}px` }}>
        {shown.map((item, offset) => {
          const index = firstRow * columns + offset;
          const cell = (width - gap * (columns - 1)) / columns;
          const x = (index % columns) * (cell + gap);
          const y = Math.floor(index / columns) * pitch;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys for all of its items.
            <div
              key={keyOf(item)}
              id={idOf(item)}
              class={index === current && isFocused ? "cell active" : "cell"}
              role="option"
              aria-selected={index === chosen}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              tabIndex={-1}
              style={{ width: `${cell}px`, height: `${itemHeight}px`, transform: `translate(${x}px, ${y}px)` }}
              onClick={() => {
                setActive(index);
                choose(item);
              }}
            >
              <span class="unseen">{nameOf(item)}</span>
              <div class="drawn" aria-hidden="true">
                {draw(item)}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}
