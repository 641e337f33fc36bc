/**
 * MQTT over WebSocket. It takes another address and nothing else: this is the temperature example.
 *
 *     npx tsx host/cli/main.ts run build/websocket.wasm --id 7 --broker ws://127.0.0.1:8083/mqtt
 */

export { resume, setup, step, stop } from "../temperature";
