import { page, type Route } from "@/app/route";

export const route: Route = {
  name: "Outcomes",
  order: 60,
  key: "p",
  icon: "M12 4v16M4 8h11M4 6v4M15 6v4M9 16h11M9 14v4M20 14v4",
  pages: [
    page("/outcomes", () => import("./Outcomes")),
    page("/outcomes/:name", () => import("./Outcomes")),
  ],
};
