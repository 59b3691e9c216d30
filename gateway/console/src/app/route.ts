// Route: how a view becomes a part of the console: a folder in `views/` with a `route.ts` that
// exports `route`. Nothing else has to be told of it.

import { type ComponentType, lazy } from "react";

export interface Page {
  /** As wouter has them: `/twins/:kind/:key`. */
  path: string;
  page: ComponentType;
}

export interface Route {
  /** In the navigation and as the page's title. */
  name: string;
  /** Its place in the navigation. */
  order: number;
  /** `g` and then this letter leads there. */
  key: string;
  /** SVG path data on a ground of 24 by 24, drawn as lines. */
  icon: string;
  /** The first is where the navigation leads. */
  pages: readonly [Page, ...Page[]];
}

/** A page that is loaded when it is first shown. */
export function page(path: string, load: () => Promise<{ default: ComponentType }>): Page {
  return { path, page: lazy(load) };
}

const found = import.meta.glob<{ route: Route }>("../views/*/route.ts", { eager: true });

export const ROUTES: readonly Route[] = Object.values(found)
  .map((module) => module.route)
  .sort((one, other) => one.order - other.order);
