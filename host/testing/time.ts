/** Spans of virtual time, in milliseconds. */

/** `count` seconds in milliseconds. */
export function seconds(count: number): number {
  return count * 1_000;
}

/** `count` minutes in milliseconds. */
export function minutes(count: number): number {
  return count * 60_000;
}

/** `count` hours in milliseconds. */
export function hours(count: number): number {
  return count * 3_600_000;
}

/** Virtual time as `1d 02:03:04.005`, for journals and messages. */
export function formatTime(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  const clock = new Date(ms % 86_400_000).toISOString().slice(11, 23);
  return days === 0 ? clock : `${days}d ${clock}`;
}
