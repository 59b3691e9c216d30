import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { licences } from "./tools/licences.ts";

// `npm run dev` shows the console of a node that runs here: VIGIL_API=http://127.0.0.1:8080
const api = process.env.VIGIL_API ?? "http://127.0.0.1:8080";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: "/console/",
  plugins: [react(), licences()],
  resolve: {
    alias: {
      "@": here("./src"),
      "monaco-editor": here("./tools/absent.ts"),
      "@monaco-editor/react": here("./tools/absent.ts"),
      exceljs: here("./tools/absent.ts"),
      "@gorules/zen-engine-wasm": here("./tools/absent.ts"),
    },
  },
  build: {
    target: "es2022",
    // Those that know `light-dark()`.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    // The page's policy allows no script and no picture inside of it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The map, and the editor of decision tables, which few open.
    chunkSizeWarningLimit: 2400,
  },
  worker: { format: "es" },
  server: { proxy: { "/v1": api } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
