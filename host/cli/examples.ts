/** What `--help` of the commands for boards shows behind the options. */

export const FLASH_EXAMPLES = `
Examples:
  wasmote flash --firmware boards/esp32/build --module build/temperature.wasm --port /dev/ttyUSB0
  wasmote flash --module build/temperature.wasm     a new module for the only board that is connected
  wasmote flash --firmware boards/esp32/build --erase --dry-run

The module that was flashed is the one that runs: the other slot is blanked, unless --sequence is given.
Settings survive, unless --erase is given. esptool comes with ESP-IDF.`;

export const FLASH_IMAGE_EXAMPLES = `
Example:
  wasmote flash-image --firmware boards/esp32/build --module build/temperature.wasm --size 4MB --out flash.bin`;

export const CONFIG_EXAMPLES = `
Examples:
  wasmote config list
  wasmote config set wifi_ssid Workshop
  wasmote config set wifi_password                  asks for it, and does not show it
  wasmote config set broker mqtts://broker.example.com
  wasmote config set ca @ca.pem
  wasmote config import workshop.settings           a file of key=value lines
  wasmote config restart                            what was set counts from here on
  wasmote config --out provision.bin --from workshop.settings --set id=n-7`;

export const MONITOR_EXAMPLES = `
Examples:
  wasmote monitor --reset                           from the board's first line on
  wasmote monitor --port /dev/ttyUSB0 --json | jq 'select(.level == "error")'`;
