import { page, type Route } from "@/app/route";

export const route: Route = {
  name: "Rules",
  order: 50,
  key: "r",
  icon: "M5 4h14v16H5V4Zm3 4h8M8 12h8M8 16h5",
  pages: [page("/rules", () => import("./Rules")), page("/rules/:kind", () => import("./Rules"))],
};
