import "@fontsource-variable/inter/wght.css";
import "./design/tokens.css";
import "./design/base.css";
import "./design/shell.css";
import "./design/parts.css";
import "./design/overlays.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { begin } from "./api/session";
import { App } from "./app/App";
import { applyTheme } from "./app/theme";

applyTheme();
void begin();

const place = document.getElementById("console");
if (place === null) throw new Error("index.html has no element #console");
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
