import { page, type Route } from "@/app/route";

export const route: Route = {
  name: "Cases",
  order: 40,
  key: "c",
  icon: "M4 8h16v11H4V8Zm5 0V5h6v3M4 13h16M11 13v2h2v-2",
  pages: [page("/cases", () => import("./Cases")), page("/cases/:id", () => import("./Cases"))],
};
