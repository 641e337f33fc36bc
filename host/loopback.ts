/**
 * Who may talk to the servers of this machine's own. They listen on loopback, but a browser on this machine carries any web
 * page's requests there: by its Origin a foreign page is known, and by the Host one whose name was made to resolve to here.
 */

/** Where all servers of this package listen. */
export const LOOPBACK = "127.0.0.1";

const NAMES: ReadonlySet<string> = new Set([LOOPBACK, "localhost", "[::1]"]);

/** Whether a request's Host is this machine by one of its own names, at any port: it may have been forwarded. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^[\w.[\]:-]+$/.test(host) && NAMES.has(host.replace(/:\d{1,5}$/, ""));
}

/** Whether an Origin is a page that this machine serves. `null`, which every sandboxed page has, is none. */
export function isLoopbackOrigin(origin: string): boolean {
  const [, host] = origin.match(/^https?:\/\/([^/]+)$/) ?? [];
  return isLoopbackHost(host);
}
