import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Errno } from "../../host/abi.ts";
import { type Bytes, bytes, oneRecord, records, temporaryFolder, u16 } from "./parts.ts";

/** What is said of a value. */
function check(key: string, value: Bytes, ...flags: string[]): string {
  return oneRecord("check", setting(key, value), ...flags);
}

function setting(key: string, value: Bytes): Buffer {
  return Buffer.concat([Buffer.from(`${key}\0`), bytes(value)]);
}

const GOOD = "OK ";

/** A key, and a self-signed certificate of it, of a real tool. */
function pem(): { key: string; certificate: string } {
  const { stdout } = spawnSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-subj",
      "/CN=board",
      "-keyout",
      "-",
    ],
    { encoding: "utf-8" },
  );
  const at = stdout.indexOf("-----BEGIN CERTIFICATE");
  return { key: stdout.slice(0, at), certificate: stdout.slice(at) };
}

describe("a value", () => {
  test.each([
    ["id", "7"],
    ["id", "Node_7-abcdefghijklmnop"],
    ["wifi_ssid", "a"],
    ["wifi_ssid", "Büro 2. Stock, mit Leerz"],
    ["wifi_ssid", "x".repeat(32)],
    ["wifi_password", "12345678"],
    ["wifi_password", "x".repeat(63)],
    ["wifi_password", "0123456789abcdefABCDEF".padEnd(64, "0")],
    ["broker", "mqtt://broker.example.com"],
    ["broker2", "wss://192.0.2.1:443/mqtt?token=x"],
    ["username", "x".repeat(64)],
    ["password", "pass word"],
    ["interval", "100"],
    ["interval", "86400000"],
    ["interval", "0000001000"],
    ["mqtt", "3.1.1"],
    ["mqtt", "5"],
    ["ntp", "pool.ntp.org"],
    ["ntp", "2001:db8::1"],
    ["sensor0", "sht3x,sda=5,scl=6"],
    ["sensor7", "internal"],
    ["actuator3", "gpio,pin=8"],
    ["app.x", "anything, of any length up to 1000"],
    ["app.name-of_1.b", "€".repeat(333)],
  ])("of %s can be %s", (key, value) => {
    expect(check(key, value)).toBe(GOOD);
  });

  test.each([
    ["id", "", "INVALID id has no value; give it one, or unset it"],
    ["id", "/ab", "INVALID id must be 1 to 23 of 0-9 A-Z a-z - _"],
    ["id", "ab\0", "INVALID id must be 1 to 23 of 0-9 A-Z a-z - _"],
    ["id", "a/b", "INVALID id must be 1 to 23 of 0-9 A-Z a-z - _"],
    ["id", "x".repeat(24), "TOO_LONG id has 24 bytes; it may have 23 at most"],
    ["wifi_ssid", "x".repeat(33), "TOO_LONG wifi_ssid has 33 bytes; it may have 32 at most"],
    ["wifi_ssid", "a\tb", "INVALID wifi_ssid holds a control character; type it again without"],
    ["wifi_password", "1234567", "INVALID wifi_password has 7 bytes; it must have 8 at least"],
    [
      "wifi_password",
      "x".repeat(64),
      "INVALID wifi_password must have 8 to 63 characters, or be 64 hexadecimal digits",
    ],
    [
      "wifi_password",
      "Passwörter",
      "INVALID wifi_password must be printable ASCII; a Wi-Fi's password has no other characters",
    ],
    [
      "wifi_password",
      "\u007f12345678",
      "INVALID wifi_password must be printable ASCII; a Wi-Fi's password has no other characters",
    ],
    ["broker", "http://x", "INVALID broker: it must begin with mqtt://, mqtts://, ws:// or wss://"],
    ["broker", `mqtt://${"x".repeat(2042)}`, "TOO_LONG broker has 2049 bytes; it may have 2048 at most"],
    ["interval", "99", "INVALID interval must be a whole number from 100 to 86400000"],
    ["interval", "86400001", "INVALID interval must be a whole number from 100 to 86400000"],
    ["interval", "99999999999999999999", "INVALID interval must be a whole number from 100 to 86400000"],
    ["interval", "1e3", "INVALID interval must be a whole number from 100 to 86400000"],
    ["interval", "-100", "INVALID interval must be a whole number from 100 to 86400000"],
    ["interval", "", "INVALID interval must be a whole number from 100 to 86400000"],
    ["mqtt", "4", "INVALID mqtt must be 3.1.1 or 5"],
    ["mqtt", "3.1", "INVALID mqtt must be 3.1.1 or 5"],
    ["mqtt", "5.0", "INVALID mqtt must be 3.1.1 or 5"],
    ["ntp", "pool ntp", "INVALID ntp must be a server's name or address, such as pool.ntp.org"],
    ["app.x", "x".repeat(1001), "TOO_LONG app.x has 1001 bytes; it may have 1000 at most"],
    ["app.x", "a\nb", "INVALID app.x holds a control character; type it again without"],
  ])("of %s can't be %s", (key, value, answer) => {
    expect(check(key, value)).toBe(answer);
  });

  test("of text is UTF-8 as RFC 3629 has it", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const isUtf8 = (text: Uint8Array): boolean => {
      try {
        decoder.decode(text);
        return true;
      } catch {
        return false;
      }
    };
    // Any character, and what comes near to one, or is cut.
    const character = fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).map((text) => Buffer.from(text));
    const nearly = fc
      .tuple(fc.integer({ min: 0xc0, max: 0xff }), fc.uint8Array({ maxLength: 4 }))
      .map(([lead, rest]) => {
        return Buffer.from([lead, ...rest.map((byte) => 0x80 | (byte & 0x3f))]);
      });
    const edges = fc.constantFrom(
      "c080",
      "c1bf",
      "e08080",
      "e09fbf",
      "eda080",
      "edbfbf",
      "f0808080",
      "f08fbfbf",
      "f4908080",
      "f5808080",
      "e282",
      "80",
    );
    const text = fc.array(
      fc.oneof(
        character,
        nearly,
        edges.map((hex) => Buffer.from(hex, "hex")),
      ),
      { minLength: 1, maxLength: 4 },
    );
    const samples = fc.sample(text, { numRuns: 20_000, seed: 1 }).map((parts) => Buffer.concat(parts));
    const lines = records(
      "check",
      samples.map((sample) => setting("app.x", sample)),
    );
    samples.forEach((sample, index) => {
      const control = isUtf8(sample) && /\p{Cc}/u.test(sample.toString());
      const expected = !isUtf8(sample) ? /^INVALID .*(UTF-8|control)/ : control ? /control/ : /^OK $/;
      if (!expected.test(lines[index] ?? "")) throw new Error(`${sample.toString("hex")}: ${lines[index]}`);
    });
  });

  test("of a Wi-Fi's password or a key is never in a message", () => {
    for (const [key, value] of [
      ["wifi_password", "hunter2"],
      ["password", "hunter2\u0001"],
      ["password", `hunter2${"x".repeat(99)}`],
      ["key", "-----BEGIN hunter2-----"],
      ["hunter", "hunter2"],
    ] as const) {
      expect(check(key, value)).not.toContain("hunter2");
      expect(check(key, value)).not.toMatch(/^OK/);
    }
  });
});

describe("a key", () => {
  test.each([
    ["wifi_pasword", 'UNKNOWN_KEY there is no setting "wifi_pasword"; did you mean wifi_password?'],
    ["Broker", 'UNKNOWN_KEY there is no setting "Broker"; did you mean broker?'],
    ["itnerval", 'UNKNOWN_KEY there is no setting "itnerval"; did you mean interval?'],
    ["sensor", 'UNKNOWN_KEY there is no setting "sensor"; did you mean sensor0?'],
    ["sensor8", 'UNKNOWN_KEY there is no setting "sensor8"; did you mean sensor0?'],
    ["sensor00", 'UNKNOWN_KEY there is no setting "sensor00"; did you mean sensor0?'],
    ["actuator4", 'UNKNOWN_KEY there is no setting "actuator4"; did you mean actuator0?'],
    ["app", 'UNKNOWN_KEY there is no setting "app"; did you mean app.<name>?'],
    ["app.", 'UNKNOWN_KEY "app." is no key: behind app. come 1 to 11 of 0-9 A-Z a-z - _ .'],
    ["app.twelve_bytes", 'UNKNOWN_KEY "app.twelve_bytes" is no key: behind app. come 1 to 11 of 0-9 A-Z a-z - _ .'],
    ["app.a b", 'UNKNOWN_KEY "app.a?b" is no key: behind app. come 1 to 11 of 0-9 A-Z a-z - _ .'],
    ["speed", 'UNKNOWN_KEY there is no setting "speed"; help lists them, and an application\'s own begin with app.'],
    ["", 'UNKNOWN_KEY there is no setting ""; help lists them, and an application\'s own begin with app.'],
    [
      '\u001b[2J"',
      'UNKNOWN_KEY there is no setting "?[2J?"; help lists them, and an application\'s own begin with app.',
    ],
  ])("%j that there is none of is refused with a hint", (key, answer) => {
    expect(check(key, "x")).toBe(answer);
  });
});

describe("PEM", () => {
  const { key, certificate } = pem();

  test("of a real tool is taken, with and without its last line feed, and in a chain", () => {
    expect(certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    const values = [
      certificate,
      certificate.trimEnd(),
      certificate + certificate,
      `${certificate}\n\n${certificate}\n`,
    ];
    for (const value of values) expect(check("ca", value)).toBe(GOOD);
    expect(check("cert", certificate)).toBe(GOOD);
    expect(check("key", key)).toBe(GOOD);
    expect(check("key", key.replaceAll("PRIVATE", "EC PRIVATE"))).toBe(GOOD);
    expect(check("key", key.replaceAll("PRIVATE", "RSA PRIVATE"))).toBe(GOOD);
  });

  test("is not complete until its last END line is, and any beginning of it can be appended to", () => {
    for (const [name, value] of [
      ["ca", certificate.trimEnd()],
      ["key", key.trimEnd()],
    ] as const) {
      const beginnings = Array.from({ length: value.length - 1 }, (_, index) =>
        setting(name, value.slice(0, index + 1)),
      );
      for (const line of records("check", beginnings)) {
        expect(line).toBe(`INCOMPLETE ${name} is not complete: its END line is missing; append the rest`);
      }
    }
    expect(check("ca", `${certificate}-----BEG`)).toMatch(/^INCOMPLETE/);
  });

  test.each([
    [
      "a key as a certificate",
      "ca",
      key,
      "must be -----BEGIN CERTIFICATE----- and what belongs to it; openssl x509 writes it so",
    ],
    [
      "a certificate as a key",
      "key",
      certificate,
      "must be -----BEGIN PRIVATE KEY----- and what belongs to it; openssl pkey writes it so",
    ],
    ["two keys", "key", key + key, "holds more than one block; keep the one of the private key"],
    [
      "an encrypted key",
      "key",
      key.replaceAll("PRIVATE", "ENCRYPTED PRIVATE"),
      "is encrypted, which this firmware can't read; decrypt it with openssl pkey",
    ],
    [
      "a key that is encrypted as of old",
      "key",
      key.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n"),
      "is encrypted, which this firmware can't read; decrypt it with openssl pkey",
    ],
    [
      "Windows' line ends",
      "ca",
      certificate.replaceAll("\n", "\r\n"),
      "must be -----BEGIN CERTIFICATE----- and what belongs to it; openssl x509 writes it so",
    ],
    [
      "a remark",
      "ca",
      `# mine\n${certificate}`,
      "must be -----BEGIN CERTIFICATE----- and what belongs to it; openssl x509 writes it so",
    ],
    ["a lost character", "ca", certificate.replace(/\n(.)/, "\n"), "has lost some of its base64; copy the whole file"],
    [
      "a wrong character",
      "ca",
      certificate.replace(/\n./, "\n*"),
      "has a line that is not base64; copy the PEM file as it is",
    ],
    [
      "padding in the middle",
      "ca",
      certificate.replace(/\n./, "\n="),
      "has a line that is not base64; copy the PEM file as it is",
    ],
    [
      "no content",
      "ca",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
      "has lost some of its base64; copy the whole file",
    ],
    [
      "too much padding",
      "ca",
      "-----BEGIN CERTIFICATE-----\nTUlJQ===\n-----END CERTIFICATE-----\n",
      "has lost some of its base64; copy the whole file",
    ],
    [
      "another END",
      "key",
      key.replace("END PRIVATE", "END EC PRIVATE"),
      "has an END line that is not that of its BEGIN line; copy the whole file",
    ],
    [
      "a shell's rest",
      "ca",
      `${certificate}$ `,
      "must be -----BEGIN CERTIFICATE----- and what belongs to it; openssl x509 writes it so",
    ],
  ])("with %s is refused", (_, name, value, why) => {
    expect(check(name, value)).toBe(`INVALID ${name} ${why}`);
  });

  test("may have 3999 bytes", () => {
    const block = (length: number): string =>
      `-----BEGIN CERTIFICATE-----\n${"A".repeat(length)}\n-----END CERTIFICATE-----\n`;
    const most = block(3000).padEnd(3999, "\n");
    expect(check("ca", most)).toBe(GOOD);
    expect(check("ca", `${most}\n`)).toBe("TOO_LONG ca has 4000 bytes; it may have 3999 at most");
  });
});

describe("a broker's address", () => {
  test.each([
    ["mqtt://broker.example.com", "mqtt broker.example.com 1883 "],
    ["mqtt://broker/", "mqtt broker 1883 "],
    ["mqtts://192.0.2.1:1", "mqtts 192.0.2.1 1 "],
    ["mqtts://[2001:db8::1]:65535", "mqtts 2001:db8::1 65535 "],
    ["ws://host", "ws host 80 /mqtt"],
    ["ws://host/", "ws host 80 /"],
    ["wss://host:8443/a/b?token=%20&x=@", "wss host 8443 /a/b?token=%20&x=@"],
    [`mqtt://${"h".repeat(253)}`, `mqtt ${"h".repeat(253)} 1883 `],
  ])("%s is understood", (address, parts) => {
    expect(oneRecord("url", address)).toBe(parts);
  });

  const HOST = "error its host must be a name or an address, such as mqtt://broker.example.com:1883";
  const PORT = "error its port must be 1 to 65535, such as mqtt://broker.example.com:1883";
  test.each([
    ["", "error it must begin with mqtt://, mqtts://, ws:// or wss://"],
    ["mqtt:/host", "error it must begin with mqtt://, mqtts://, ws:// or wss://"],
    ["MQTT://host", "error it must begin with mqtt://, mqtts://, ws:// or wss://"],
    ["mqtt://", HOST],
    ["mqtt://ho st", HOST],
    ["mqtt://höst", HOST],
    ["mqtt://[::1", HOST],
    ["mqtt://[::1]x", HOST],
    ["mqtt://[host]", HOST],
    ["mqtt://[fe80::1%eth0]", HOST],
    [`mqtt://${"h".repeat(254)}`, HOST],
    ["mqtt://host:", PORT],
    ["mqtt://host:0", PORT],
    ["mqtt://host:65536", PORT],
    ["mqtt://host:4294967297", PORT],
    ["mqtt://host:18a", PORT],
    ["mqtt://host/path", "error only ws:// and wss:// have a path; end the address behind its port"],
    ["mqtts://host?x", "error only ws:// and wss:// have a path; end the address behind its port"],
    ["ws://host?x", "error a path must come before the ?, such as wss://host/mqtt?token=..."],
    ["ws://host/a b", "error its path must be printable ASCII without spaces and without #"],
    ["ws://host/a#b", "error its path must be printable ASCII without spaces and without #"],
    ["mqtt://user:secret@host", "error credentials do not belong in an address; set username and password instead"],
    ["wss://secret@host/x?y", "error credentials do not belong in an address; set username and password instead"],
  ])("%s is refused", (address, answer) => {
    expect(oneRecord("url", address)).toBe(answer);
  });
});

describe("a module", () => {
  test.each(["id", "username", "password", "interval", "mqtt"])("sees %s", (name) => {
    expect(oneRecord("guest-key", name)).toBe(name);
  });

  test.each(["wifi_ssid", "broker", "broker2", "ca", "cert", "key", "ntp", "sensor0", "actuator0"])(
    "does not see %s, but may have one of its own by that name",
    (name) => {
      expect(oneRecord("guest-key", name)).toBe(`app.${name}`);
    },
  );

  test("asks for what can't be a key, and gets nothing", () => {
    for (const name of [
      "",
      "wifi_password",
      "twelve_bytes",
      "a b",
      "app.\0",
      "ä",
      ...[12, 15, 16, 17, 1000].map((length) => "x".repeat(length)),
    ]) {
      expect(oneRecord("guest-key", name)).toBe("none");
    }
    // Its own are asked for by their name alone.
    expect(oneRecord("guest-key", "app.x")).toBe("app.app.x");
  });

  test("gets what is set, the board's own id if none is, and no other default", () => {
    const store = join(temporaryFolder(), "settings");
    const get = (name: string, room = 100): string =>
      oneRecord("guest", Buffer.concat([u16(room), Buffer.from(name)]), "--store", store);
    writeFileSync(store, "interval=1000\napp.speed=fast\nwifi_ssid=home\napp.ntp=own\nkey=private\n");
    expect(["interval", "speed", "ntp", "id"].map((name) => get(name))).toEqual([
      "4 1000",
      "4 fast",
      "3 own",
      "11 node-a1b2c3",
    ]);
    const notSet = ["username", "wifi_ssid", "key", "app.speed", "broker", "", "x".repeat(16)].map((name) => get(name));
    expect(notSet).toEqual(notSet.map(() => `${Errno.ENOENT} `));
    // What does not fit is not copied.
    expect([get("speed", 4), get("speed", 3), get("id", 11), get("id", 10), get("id", 0)]).toEqual([
      "4 fast",
      `${Errno.EOVERFLOW} `,
      "11 node-a1b2c3",
      `${Errno.EOVERFLOW} `,
      `${Errno.EOVERFLOW} `,
    ]);
    writeFileSync(store, "id=7\n");
    expect(get("id")).toBe("1 7");
  });

  test("whatever it asks for, never gets a secret of the board's", () => {
    const names = fc.sample(fc.oneof(fc.string({ maxLength: 16 }), fc.stringMatching(/^[a-z_.0-9]{0,16}$/)), 20_000);
    for (const line of records("guest-key", names)) {
      expect(line).toMatch(/^(app\.[0-9A-Za-z_.-]{1,11}|id|username|password|interval|mqtt|none)$/);
    }
  });
});
