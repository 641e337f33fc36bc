/**
 * User name and password. They come from the node's configuration, never from its code: this is the temperature example,
 * compiled for both versions of MQTT. A broker that does not take the password is asked again after minutes, not at once.
 *
 *     WASMOTE_PASSWORD=open-sesame npx tsx host/cli/main.ts run build/password.wasm --id 7 --username attic \
 *       --broker mqtt://127.0.0.1:1884
 */

export { resume, setup, step, stop } from "../temperature";
