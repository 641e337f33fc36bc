import { expect, test } from "vitest";
import { describeEndpoint, formatEndpoint, parseEndpoint } from "../../host/hal/endpoint.ts";

test.each([
  ["mqtt://127.0.0.1:1884", { scheme: "mqtt", host: "127.0.0.1", port: 1884 }, "mqtt://127.0.0.1:1884"],
  ["mqtt://broker.example", { scheme: "mqtt", host: "broker.example", port: 1883 }, "mqtt://broker.example:1883"],
  ["mqtt://broker.example/", { scheme: "mqtt", host: "broker.example", port: 1883 }, "mqtt://broker.example:1883"],
  ["mqtt://[::1]:5", { scheme: "mqtt", host: "::1", port: 5 }, "mqtt://[::1]:5"],
  ["mqtts://broker.example", { scheme: "mqtts", host: "broker.example", port: 8883 }, "mqtts://broker.example:8883"],
  ["mqtts://[2001:db8::7]:443/", { scheme: "mqtts", host: "2001:db8::7", port: 443 }, "mqtts://[2001:db8::7]:443"],
  ["MQTTS://broker", { scheme: "mqtts", host: "broker", port: 8883 }, "mqtts://broker:8883"],
  ["ws://broker", { scheme: "ws", host: "broker", port: 80, path: "/mqtt" }, "ws://broker:80/mqtt"],
  ["ws://broker:8083/", { scheme: "ws", host: "broker", port: 8083, path: "/" }, "ws://broker:8083/"],
  ["ws://[::1]:8083/a/b", { scheme: "ws", host: "::1", port: 8083, path: "/a/b" }, "ws://[::1]:8083/a/b"],
  ["wss://broker", { scheme: "wss", host: "broker", port: 443, path: "/mqtt" }, "wss://broker:443/mqtt"],
  ["wss://broker?t=1&u=%20", { scheme: "wss", host: "broker", port: 443, path: "/mqtt?t=1&u=%20" }, undefined],
  ["wss://broker:8443/x?t=/", { scheme: "wss", host: "broker", port: 8443, path: "/x?t=/" }, undefined],
])("%s is an endpoint", (text, endpoint, formatted) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
  const full = formatEndpoint(parseEndpoint(text));
  if (formatted !== undefined) expect(full).toBe(formatted);
  expect(parseEndpoint(full), "what is formatted means the same").toEqual(endpoint);
});

test.each([
  ["broker.example", "not a broker's address"],
  ["", "not a broker's address"],
  ["mqtt://", "not a broker's address"],
  ["wss://", "not a broker's address"],
  ["mqtt://broker:65536", "not a broker's address"],
  [`ws://broker/${"a".repeat(2_048)}`, "not a broker's address"],
  ["mqtt://broker:0", "port 0"],
  ["wss://broker:0", "port 0"],
  ["mqtt://broker/path", "nothing may follow the port"],
  ["mqtts://broker/path", "nothing may follow the port"],
  ["mqtts://broker?query", "nothing may follow the port"],
  ["ws://broker/mqtt#part", "a WebSocket's address has no fragment"],
  ["http://broker", "http:// is not supported"],
  ["mqtt://name:secret@broker", "credentials do not belong in an address: broker"],
  ["wss://name:secret@broker/mqtt", "credentials do not belong in an address: broker"],
])("%s is refused", (text, message) => {
  expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: "EENDPOINT", fault: "usage" }));
  expect(() => parseEndpoint(text)).toThrow(message);
});

test.each([
  "mqtt://name:secret@broker:99999",
  "mqtt://name:se/cret@broker",
  "http://name:secret@broker",
  "ws://broker/mqtt?token=secret#part",
  "mqtt://broker?token=secret",
])("%s is refused without its secret", (text) => {
  expect(() => parseEndpoint(text)).toThrow(/^(?!.*(secret|se\/cret))/s);
});

test("a line that is much too long is refused with its beginning alone", () => {
  expect(() => parseEndpoint(`mqtt:${"x".repeat(10_000)}`)).toThrow(/^.{50,200}$/);
});

test("what a person sees of an address ends before its query", () => {
  expect(describeEndpoint(parseEndpoint("wss://broker/mqtt?token=secret"))).toBe("wss://broker:443/mqtt");
  expect(describeEndpoint(parseEndpoint("mqtts://broker"))).toBe("mqtts://broker:8883");
});
