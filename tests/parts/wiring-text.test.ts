import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { oneRecord, records } from "./parts.ts";

describe("a wiring", () => {
  test.each([
    ["sensor", "sht3x,sda=5,scl=6", "driver 0, quantity 0, sda 5, scl 6, address 68, pin 0, value 0"],
    [
      "sensor",
      "sht3x,quantity=humidity,address=0x45,scl=10,sda=0",
      "driver 0, quantity 1, sda 0, scl 10, address 69, pin 0, value 0",
    ],
    [
      "sensor",
      "bme280,sda=5,scl=6,quantity=pressure",
      "driver 1, quantity 2, sda 5, scl 6, address 118, pin 0, value 0",
    ],
    ["sensor", "bme280,sda=5,scl=6,address=0x77", "driver 1, quantity 0, sda 5, scl 6, address 119, pin 0, value 0"],
    ["sensor", "sht3x,sda=5,scl=6,address=0x44", "driver 0, quantity 0, sda 5, scl 6, address 68, pin 0, value 0"],
    ["sensor", "internal", "driver 2, quantity 0, sda 0, scl 0, address 0, pin 0, value 0"],
    ["sensor", "ds18b20,pin=4", "driver 3, quantity 0, sda 0, scl 0, address 0, pin 4, value 0"],
    ["actuator", "gpio,pin=8", "driver 5, pin 8, active high"],
    ["actuator", "gpio,active=low,pin=08", "driver 5, pin 8, active low"],
  ])("of a %s can be %s", (mode, wiring, fields) => {
    expect(oneRecord(mode, wiring)).toBe(fields);
  });

  const SHT3X = "sht3x,sda=5,scl=6,address=0x44,quantity=temperature";
  test.each([
    ["sensor", "", 'error "" is no driver; use sht3x, bme280, internal, ds18b20 or constant'],
    ["sensor", "sht4x,sda=5", 'error "sht4x" is no driver; use sht3x, bme280, internal, ds18b20 or constant'],
    ["sensor", "gpio,pin=8", 'error "gpio" is no driver; use sht3x, bme280, internal, ds18b20 or constant'],
    ["actuator", "sht3x,sda=5,scl=6", 'error "sht3x" is no driver; use gpio'],
    ["sensor", "sht3x", `error sda= is missing; write it as ${SHT3X}`],
    ["sensor", "sht3x,sda=5", `error scl= is missing; write it as ${SHT3X}`],
    ["sensor", "sht3x,sda=5,scl=5", `error sda and scl can't be one pin; write it as ${SHT3X}`],
    ["sensor", "sht3x,sda=5,scl=6,", `error sht3x... ends in a comma; write it as ${SHT3X}`],
    ["sensor", "sht3x,,sda=5,scl=6", `error "" is no option of it; write it as ${SHT3X}`],
    ["sensor", "sht3x,sda=5,scl=6,sda=5", `error sda is given twice; write it as ${SHT3X}`],
    ["sensor", "sht3x,sda=5,scl=6,pin=4", `error "pin" is no option of it; write it as ${SHT3X}`],
    ["sensor", "sht3x, sda=5,scl=6", `error "?sda" is no option of it; write it as ${SHT3X}`],
    ["sensor", "sht3x,sda,scl=6", `error "" is not a pin; give the number of a GPIO, such as in ${SHT3X}`],
    ["sensor", "sht3x,sda=x,scl=6", `error "x" is not a pin; give the number of a GPIO, such as in ${SHT3X}`],
    ["sensor", "sht3x,sda=005,scl=6", `error "005" is not a pin; give the number of a GPIO, such as in ${SHT3X}`],
    ["sensor", "sht3x,sda=11,scl=6", "error GPIO 11 is no output, or not free, on an esp32c3; wire it to another pin"],
    ["sensor", "sht3x,sda=99,scl=6", "error GPIO 99 is no output, or not free, on an esp32c3; wire it to another pin"],
    ["sensor", "sht3x,sda=5,scl=6,address=0x76", "error address of sht3x must be 0x44 or 0x45"],
    ["sensor", "sht3x,sda=5,scl=6,address=68", "error address of sht3x must be 0x44 or 0x45"],
    ["sensor", "bme280,sda=5,scl=6,address=0x44", "error address of bme280 must be 0x76 or 0x77"],
    ["sensor", "sht3x,sda=5,scl=6,quantity=pressure", "error quantity of sht3x must be temperature or humidity"],
    ["sensor", "bme280,sda=5,scl=6,quantity=", "error quantity of bme280 must be temperature, humidity or pressure"],
    ["sensor", "internal,pin=4", 'error "pin" is no option of it; write it as internal'],
    [
      "sensor",
      "bme280,sda=5",
      "error scl= is missing; write it as bme280,sda=5,scl=6,address=0x76,quantity=temperature",
    ],
    ["sensor", "ds18b20", "error pin= is missing; write it as ds18b20,pin=4"],
    ["sensor", "constant", "error value= is missing; write it as constant,value=17.2"],
    ["actuator", "gpio,pin=8,active=on", "error active=on: it must be high or low, such as in gpio,pin=8,active=high"],
  ])("of a %s can't be %s", (mode, wiring, answer) => {
    expect(oneRecord(mode, wiring)).toBe(answer);
  });

  test.each([
    ["17.2", 17_200],
    ["-40", -40_000],
    ["-0.001", -1],
    ["0", 0],
    ["1013.25", 1_013_250],
    ["2000.000", 2_000_000],
    ["-1000", -1_000_000],
  ])("of no probe can have the value %s", (text, value) => {
    const fields = `driver 4, quantity 0, sda 0, scl 0, address 0, pin 0, value ${value}`;
    expect(oneRecord("sensor", `constant,value=${text}`)).toBe(fields);
  });

  test.each([
    "",
    "-",
    ".",
    ".5",
    "17.",
    "1.2345",
    "2000.001",
    "-1000.001",
    "12345",
    "1e3",
    "+1",
    "0x1",
    "--1",
    "1.-2",
    "1.2.3",
  ])("of no probe can't have the value %j", (text) => {
    expect(oneRecord("sensor", `constant,value=${text}`)).toBe(
      `error "${text}" is no value from -1000 to 2000 with at most three places; write it as constant,value=17.2`,
    );
  });

  test("knows what the chip and the build have not", () => {
    expect(oneRecord("sensor", "internal", "--chip", "esp32")).toBe(
      "error internal: the esp32 has no temperature sensor of its own; wire a probe",
    );
    expect(oneRecord("sensor", "ds18b20,pin=4", "--chip", "esp32c6")).toBe(
      "error ds18b20: this firmware was built without its driver; build it in, or use sht3x or bme280",
    );
    // Inputs only, the flash's, and the serial line's.
    for (const pin of [34, 39, 6, 11, 1, 3]) {
      expect(oneRecord("actuator", `gpio,pin=${pin}`, "--chip", "esp32")).toMatch(/^error GPIO \d+ is no output/);
    }
    expect(oneRecord("actuator", "gpio,pin=48", "--chip", "esp32s3")).toBe("driver 5, pin 48, active high");
  });

  test("of any text ends in fields or in an error", () => {
    const word = fc.constantFrom(
      "sht3x",
      "bme280",
      "gpio",
      "sda=5",
      "scl=6",
      "pin=4",
      "=",
      ",",
      "address=0x44",
      "quantity=",
      "\0",
      "active=low",
    );
    const text = fc.oneof(
      fc.array(word, { maxLength: 9 }).map((words) => words.join(",")),
      fc.string(),
    );
    const samples = fc.sample(text, { numRuns: 20_000, seed: 2 });
    for (const mode of ["sensor", "actuator"]) {
      for (const line of records(mode, samples)) expect(line).toMatch(/^(driver \d|error .*; |error .* must be )/);
    }
  });
});
