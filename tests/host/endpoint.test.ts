import { expect, test } from "vitest";
import { formatEndpoint, parseEndpoint } from "../../host/hal/endpoint.ts";

test.each([
  ["mqtt://127.0.0.1:1884", { host: "127.0.0.1", port: 1884 }, "mqtt://127.0.0.1:1884"],
  ["mqtt://broker.example", { host: "broker.example", port: 1883 }, "mqtt://broker.example:1883"],
  ["mqtt://broker.example/", { host: "broker.example", port: 1883 }, "mqtt://broker.example:1883"],
  ["mqtt://[::1]:5", { host: "::1", port: 5 }, "mqtt://[::1]:5"],
])("%s is an endpoint", (text, endpoint, formatted) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
  expect(formatEndpoint(endpoint)).toBe(formatted);
});

test.each([
  ["broker.example", "not a broker's address"],
  ["", "not a broker's address"],
  ["mqtt://", "not a broker's address"],
  ["mqtt://broker:65536", "not a broker's address"],
  ["mqtt://broker:0", "port 0"],
  ["mqtt://broker/path", "nothing may follow the port"],
  ["http://broker", "http:// is not supported yet"],
  ["mqtts://broker", "mqtts:// is not supported yet"],
  ["mqtt://name:secret@broker", "credentials do not belong in an address: broker"],
])("%s is refused", (text, message) => {
  expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: "EENDPOINT", fault: "usage" }));
  expect(() => parseEndpoint(text)).toThrow(message);
});
