import { render } from "preact";
import { App } from "./app.tsx";
import { Store } from "./data/store.ts";
import { applyTheme, savedTheme } from "./ui/theme.tsx";

applyTheme(savedTheme());
const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  render(<App store={new Store()} />, root);
}
