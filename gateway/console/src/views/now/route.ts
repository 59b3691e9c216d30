import { page, type Route } from "@/app/route";

export const route: Route = {
  name: "Now",
  order: 10,
  key: "n",
  icon: "M3 12h4l3-8 4 16 3-8h4",
  pages: [page("/now", () => import("./Now"))],
};
