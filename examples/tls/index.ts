/**
 * TLS, and a client certificate that says who the node is. How the broker is reached is the host's business and the
 * board's: this is the temperature example, compiled for both versions of MQTT.
 *
 *     npx tsx host/cli/main.ts run build/tls.wasm --id 7 --broker mqtts://localhost:8883 \
 *       --ca build/tls/ca.pem --cert build/tls/attic.pem --key build/tls/attic.key
 */

export { resume, setup, step, stop } from "../temperature";
