/** Numbers and times as the page shows them. */

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const integer = new Intl.NumberFormat("en");

/** hh:mm:ss, local time. */
export function formatTime(at: number): string {
  return clock.format(at);
}

export function formatCelsius(value: number): string {
  return `${value.toFixed(1)} °C`;
}

/** A count, or a dash where nobody can tell. */
export function formatCount(value: number | null): string {
  return value === null ? "–" : integer.format(value);
}

const UNITS = ["B", "KiB", "MiB", "GiB"] as const;

export function formatBytes(bytes: number | null): string {
  if (bytes === null) return "–";
  let size = bytes;
  let unit = 0;
  for (; size >= 1_024 && unit < UNITS.length - 1; unit++) size /= 1_024;
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}
