import { page, type Route } from "@/app/route";

export const route: Route = {
  name: "System",
  order: 70,
  key: "s",
  icon: "M4 5h16v5H4zM4 14h16v5H4zM7.500 7.500h.010M7.500 16.500h.010M11 7.500h6M11 16.500h6",
  pages: [page("/system", () => import("./System"))],
};
