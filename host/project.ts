import { fileURLToPath } from "node:url";

/** The folder of this package, a checkout or an installed one, with a slash at its end. */
export const PROJECT_ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Whether this is a checkout, which has the examples and the boards, and not the installed package, which has neither. */
export const IS_CHECKOUT = import.meta.url.endsWith(".ts");
