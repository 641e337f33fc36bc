import { describe, expect, test } from "vitest";
import { program, run } from "../boards/programs.ts";
import { dataBytes, EXAMPLE_RAW, EXAMPLE_TRIM, trimBytes } from "./bme280-model.ts";

/** Runs a script for a probe on a bus and returns what each `at` shows. */
function play(...lines: string[]): string[] {
  const { status, stdout, stderr } = run(program("parts", "sanitize"), ["bus"], Buffer.from(`${lines.join("\n")}\n`));
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

const NO_ANSWER =
  "EIO nothing answers at its address: check power, ground, the two lines, their pull-ups, and the address";
const STUCK = "EIO its data line hangs: check for a short circuit, for power, and for the pull-up";

describe("SHT3x on a bus", () => {
  /** 25 degrees and 50.001 percent, with their checksums; and 26.25 degrees. */
  const RESULT = "read 6666938000a2";
  const MEASURE = "w 44 2400";

  test("measures once, and answers EAGAIN for the 17 ms that this takes", () => {
    expect(
      play(
        "probe sht3x 44",
        "write ok",
        "at 1000 temperature",
        "at 1001 temperature",
        "at 1016 temperature",
        RESULT,
        "at 1017 temperature",
      ),
    ).toEqual([`${MEASURE}; EAGAIN`, "EAGAIN", "EAGAIN", "r 44 6; 25000"]);
  });

  test("at its other address is asked there", () => {
    expect(play("probe sht3x 45", "write ok", "at 0 humidity", "read 6666938000a2", "at 17 humidity")).toEqual([
      "w 45 2400; EAGAIN",
      "r 45 6; 50001",
    ]);
  });

  test("one conversion answers for both quantities, once each", () => {
    expect(
      play(
        "write ok",
        "at 0 temperature",
        RESULT,
        "at 20 temperature",
        "at 20 humidity",
        "write ok",
        "at 20 temperature",
        "at 21 humidity",
      ),
    ).toEqual([`${MEASURE}; EAGAIN`, "r 44 6; 25000", "50001", `${MEASURE}; EAGAIN`, "EAGAIN"]);
  });

  test("a quantity that waited for more than a second is measured again", () => {
    expect(play("write ok", "at 0 temperature", RESULT, "at 20 temperature", "at 1020 humidity")[2]).toBe("50001");
    expect(play("write ok", "at 0 temperature", RESULT, "at 20 temperature", "write ok", "at 1021 humidity")[2]).toBe(
      `${MEASURE}; EAGAIN`,
    );
  });

  test("a conversion that nobody fetched for more than a second is made again, and its other quantity is not an old one", () => {
    expect(play("write ok", "at 0 temperature", "write ok", "at 1001 temperature", "at 1017 temperature")).toEqual([
      `${MEASURE}; EAGAIN`,
      `${MEASURE}; EAGAIN`,
      "EAGAIN",
    ]);
    const old = ["write ok", "at 0 temperature", RESULT, "at 20 temperature", "write ok", "at 30 temperature"];
    expect(play(...old, "at 40 humidity")[3]).toBe("EAGAIN");
    expect(play(...old, "write ok", "at 9000000 humidity")[3]).toBe(`${MEASURE}; EAGAIN`);
  });

  test("time may wrap during a conversion", () => {
    expect(
      play(
        "write ok",
        "at 4294967290 temperature",
        "at 4 temperature",
        "at 10 temperature",
        RESULT,
        "at 11 temperature",
      ),
    ).toEqual([`${MEASURE}; EAGAIN`, "EAGAIN", "EAGAIN", "r 44 6; 25000"]);
  });

  test("that does not answer is an error, and is asked again the next time", () => {
    expect(
      play("write nack", "at 0 temperature", "write ok", "at 1 temperature", "read nack", "at 20 temperature"),
    ).toEqual([`${MEASURE} nack; ${NO_ANSWER}`, `${MEASURE}; EAGAIN`, `r 44 6 nack; ${NO_ANSWER}`]);
    expect(
      play("write ok", "at 0 temperature", "read nack", "at 20 temperature", "write ok", "at 21 temperature")[2],
    ).toBe(`${MEASURE}; EAGAIN`);
  });

  test("whose checksum is wrong is an error, also for the other quantity", () => {
    const lines = play(
      "write ok",
      "at 0 temperature",
      "read 6666938000a3",
      "at 20 temperature",
      "write ok",
      "at 21 humidity",
    );
    expect(lines.slice(1)).toEqual([
      "r 44 6; EIO a checksum is wrong: shorten the wires, or use stronger pull-ups",
      `${MEASURE}; EAGAIN`,
    ]);
  });

  test("a line that hangs is an error", () => {
    expect(play("write ok", "at 0 temperature", "read ffffffffffff", "at 20 temperature")[1]).toBe(`r 44 6; ${STUCK}`);
    expect(play("write ok", "at 0 temperature", "read 000000000000", "at 20 temperature")[1]).toBe(`r 44 6; ${STUCK}`);
  });

  test("does not measure pressure", () => {
    expect(play("at 0 pressure")).toEqual(["EIO it does not measure this quantity: change quantity= of this channel"]);
  });
});

describe("BME280 on a bus", () => {
  const TRIM = trimBytes(EXAMPLE_TRIM).toString("hex");
  const TRIM_READS = [`read ${TRIM.slice(0, 52)}`, `read ${TRIM.slice(52)}`];
  const DATA = `read ${dataBytes(EXAMPLE_RAW).toString("hex")}`;
  const PROBE = "probe bme280 76";

  const IDENTIFY = ["write ok", "read 60", "write ok"];
  const IDENTIFIED = "w 76 d0; r 76 1; w 76 e0b6; EAGAIN";
  const idle = ["write ok", "read 00"];
  const MEASURE = ["write ok", "write ok", "write ok"];
  const MEASURED = "w 76 f201; w 76 f500; w 76 f425; EAGAIN";
  const TRIMMED = `w 76 f3; r 76 1; w 76 88; r 76 26; w 76 e1; r 76 7; ${MEASURED}`;
  const START = [...idle, "write ok", TRIM_READS[0] ?? "", "write ok", TRIM_READS[1] ?? "", ...MEASURE];
  const FETCH = [...idle, "write ok", DATA];
  const FETCHED = "w 76 f3; r 76 1; w 76 f7; r 76 8;";
  /** Up to the conversion, which begins at 10. */
  const UP = [PROBE, ...IDENTIFY, "at 0 temperature", ...START, "at 10 temperature"];

  test("is identified, reset, trimmed, and measures, and answers EAGAIN as long as it does", () => {
    const lines = play(...UP, "at 20 temperature", ...FETCH, "at 21 temperature", "at 21 pressure", "at 21 humidity");
    expect(lines.slice(0, 3)).toEqual([IDENTIFIED, TRIMMED, "EAGAIN"]);
    expect(lines[3]).toBe(`${FETCHED} 25082`);
    expect(lines[4]).toMatch(/^100653\d$/);
    expect(lines[5]).toMatch(/^\d{5}$/);
  });

  test("gets 3 ms to start, and more as long as it copies its trimming parameters", () => {
    const copying = ["write ok", "read 01"];
    expect(
      play(
        PROBE,
        ...IDENTIFY,
        "at 0 temperature",
        "at 2 temperature",
        ...copying,
        "at 3 temperature",
        ...START,
        "at 4 temperature",
      ),
    ).toEqual([IDENTIFIED, "EAGAIN", "w 76 f3; r 76 1; EAGAIN", TRIMMED]);
  });

  test("gets 11 ms for a conversion, and more as long as it says that it measures", () => {
    const lines = play(
      ...UP,
      "at 20 temperature",
      "write ok",
      "read 08",
      "at 21 temperature",
      ...FETCH,
      "at 22 temperature",
    );
    expect(lines.slice(2)).toEqual(["EAGAIN", "w 76 f3; r 76 1; EAGAIN", `${FETCHED} 25082`]);
  });

  test("that stays busy for 100 ms too long is an error, and is reset the next time", () => {
    const late = "w 76 f3; r 76 1; EIO it does not end its conversion: check its power supply";
    const measuring = play(...UP, "write ok", "read 08", "at 122 temperature", ...IDENTIFY, "at 123 temperature");
    expect(measuring.slice(2)).toEqual([late, IDENTIFIED]);
    const copying = play(PROBE, ...IDENTIFY, "at 0 temperature", "write ok", "read 01", "at 104 temperature");
    expect(copying[1]).toBe(late);
    expect(play(PROBE, ...IDENTIFY, "at 0 temperature", "write ok", "read 01", "at 103 temperature")[1]).toMatch(
      /EAGAIN$/,
    );
  });

  test("goes on without another reset as long as it works", () => {
    const lines = play(
      ...UP,
      ...FETCH,
      "at 30 temperature",
      ...MEASURE,
      "at 60000 temperature",
      ...FETCH,
      "at 60011 temperature",
    );
    expect(lines.slice(2)).toEqual([`${FETCHED} 25082`, MEASURED, `${FETCHED} 25082`]);
  });

  test("a conversion that nobody fetched for more than a second is made again, and no old value is left", () => {
    expect(play(...UP, ...MEASURE, "at 1011 temperature")[2]).toBe(MEASURED);
    const old = [...UP, ...FETCH, "at 30 temperature", ...MEASURE, "at 40 temperature"];
    expect(play(...old, ...MEASURE, "at 900000 humidity")[4]).toBe(MEASURED);
    expect(play(...UP, ...FETCH, "at 30 temperature", ...MEASURE, "at 1031 humidity")[3]).toBe(MEASURED);
  });

  test.each([
    ["58", "EIO another chip answers at its address: check the driver and the address of this channel"],
    ["00", STUCK],
    ["ff", STUCK],
  ])("a chip whose id is 0x%s is an error", (id, error) => {
    expect(play(PROBE, "write ok", `read ${id}`, "at 0 temperature")).toEqual([`w 76 d0; r 76 1; ${error}`]);
  });

  test("that stops to answer at any of its transfers is an error", () => {
    const phases = [
      { before: [PROBE], transfers: IDENTIFY, at: "at 0 temperature" },
      { before: [PROBE, ...IDENTIFY, "at 0 temperature"], transfers: START, at: "at 10 temperature" },
      { before: UP, transfers: FETCH, at: "at 30 temperature" },
    ];
    for (const { before, transfers, at } of phases) {
      transfers.forEach((transfer, index) => {
        const silent = [...transfers.slice(0, index), transfer.replace(/ .*/, " nack")];
        const lines = play(...before, ...silent, at, ...IDENTIFY, "at 5000 temperature");
        expect(lines.at(-2)).toMatch(new RegExp(`nack; ${NO_ANSWER}$`));
        // And it is found again when it is back.
        expect(lines.at(-1)).toBe(IDENTIFIED);
      });
    }
  });

  test("that lost its power between two conversions shows that it has not measured", () => {
    const skipped = `read ${dataBytes({ ...EXAMPLE_RAW, humidity: 0x8000 }).toString("hex")}`;
    const lines = play(...UP, ...idle, "write ok", skipped, "at 30 temperature", ...IDENTIFY, "at 31 temperature");
    expect(lines.slice(2)).toEqual([
      `${FETCHED} EIO it has not measured: its power was lost or is too weak during the conversion`,
      IDENTIFIED,
    ]);
  });

  test("time may wrap during a conversion", () => {
    const lines = play(
      PROBE,
      ...IDENTIFY,
      "at 4294967280 temperature",
      ...START,
      "at 4294967290 temperature",
      "at 4 temperature",
      ...FETCH,
      "at 5 temperature",
    );
    expect(lines).toEqual([IDENTIFIED, TRIMMED, "EAGAIN", `${FETCHED} 25082`]);
  });
});
