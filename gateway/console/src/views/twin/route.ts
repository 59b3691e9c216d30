import { page, type Route } from "@/app/route";

export const route: Route = {
  name: "Twins",
  order: 20,
  key: "t",
  icon: "M12 3 4 7.500v9L12 21l8-4.500v-9L12 3Zm0 9 8-4.500M12 12 4 7.500M12 12v9",
  pages: [
    page("/twins", () => import("./Twins")),
    page("/twins/:kind/:key", () => import("./Twin")),
  ],
};
