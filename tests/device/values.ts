/** Values that settings take, and values that they do not. */

export const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB/+8=\n-----END CERTIFICATE-----\n";

const PRIVATE_KEY = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";

/** A key, values that it takes, and values that it does not. */
export const VALUES: readonly (readonly [key: string, taken: readonly string[], others: readonly string[]])[] = [
  ["id", ["7", "n-7_A", "x".repeat(23)], ["a b", "a/b", "x".repeat(24)]],
  ["wifi_ssid", ["x", "x".repeat(32)], ["x".repeat(33), "ü".repeat(17)]],
  ["wifi_password", ["x".repeat(8), "x".repeat(63), "aB".repeat(32)], ["x".repeat(7), "x".repeat(64), "12345\n678"]],
  ["broker", ["mqtt://h:1883", "wss://h/path?t=a@b"], ["http://h", "h", "mqtt://user:word@h"]],
  ["broker2", ["mqtts://h"], ["http://h"]],
  ["username", ["u"], ["x".repeat(65), "u\n"]],
  ["interval", ["100", "86400000"], ["99", "86400001", "1s", "1e3"]],
  ["mqtt", ["5", "3.1.1"], ["4", "3x1x1"]],
  [
    "ca",
    [CERTIFICATE, CERTIFICATE + CERTIFICATE],
    ["x", "-----BEGIN CERTIFICATE-----\n", `remark\n${CERTIFICATE}`, CERTIFICATE.replace("=", "")],
  ],
  ["cert", [CERTIFICATE], [PRIVATE_KEY, CERTIFICATE.repeat(80)]],
  ["key", [PRIVATE_KEY], [CERTIFICATE, PRIVATE_KEY + PRIVATE_KEY, PRIVATE_KEY.replaceAll("EC", "ENCRYPTED")]],
  ["ntp", ["pool.ntp.org", "192.0.2.1", "2001:db8::1"], ["a b"]],
  ["sensor0", ["internal", "sht3x,sda=5,scl=6,address=0x44,quantity=temperature"], ["sht3x;sda=5", "dht22,pin=4"]],
  ["sensor7", ["ds18b20,pin=4"], ["Internal"]],
  ["actuator3", ["gpio,pin=8,active=high"], ["gpio,pin=", "relay"]],
  ["app.colour", ["any thing", "x".repeat(1_000)], ["\u0007", "a\nb", "x".repeat(1_001)]],
];
