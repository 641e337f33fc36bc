/**
 * Which group a node belongs to. It follows from the node's global index and the groups' shares alone, so neither sharding nor
 * a larger fleet moves a node to another group.
 */

import type { Group } from "./scenario.ts";

/** The golden ratio's fraction: its multiples fill the unit interval more evenly than any other number's. */
const GOLDEN = 0.6180339887498949;

/**
 * Returns what tells a node's group, as a number into `groups`. Every run of consecutive nodes holds each group in its
 * share, but for a handful of nodes.
 */
export function groupAssignment(groups: readonly Pick<Group, "share">[]): (node: number) => number {
  const total = groups.reduce((sum, { share }) => sum + share, 0);
  const ends: number[] = [];
  let sum = 0;
  for (const { share } of groups) {
    sum += share;
    ends.push(sum / total);
  }
  return (node) => {
    const at = ((node + 0.5) * GOLDEN) % 1;
    const group = ends.findIndex((end) => at < end);
    // The last end may come out below 1, by rounding.
    return group < 0 ? groups.length - 1 : group;
  };
}
