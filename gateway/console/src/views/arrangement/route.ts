import { page, type Route } from "@/app/route";

export const route: Route = {
  name: "Arrangements",
  order: 30,
  key: "a",
  icon: "M4 6h10M4 12h16M4 18h7M18 4v4M20 6h-4",
  pages: [
    page("/arrangements", () => import("./List")),
    page("/arrangements/:kind/:key/:id", () => import("./One")),
  ],
};
