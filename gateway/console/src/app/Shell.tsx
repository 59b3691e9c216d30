import { type ReactNode, useEffect, useState } from "react";
import { Link as Anchor, useLocation } from "wouter";
import { currentSession, signOut } from "@/api/session";
import { useLink, useStatus } from "@/live/useLive";
import { Icon } from "@/parts/Icon";
import { Mark } from "@/parts/Mark";
import { Alerts } from "./Alerts";
import { ROUTES, type Route } from "./route";
import { chooseTheme, isDark } from "./theme";
import { useAlerts } from "./useAlerts";

export function Shell({ children, onSearch }: { children: ReactNode; onSearch: () => void }) {
  const [here] = useLocation();
  const current = ROUTES.find((route) => leadsTo(route, here));
  const [dark, setDark] = useState(isDark);
  const alerts = useAlerts();
  const { urgent } = alerts;
  useEffect(() => {
    const title = current === undefined ? "Vigil" : `${current.name} · Vigil`;
    document.title = urgent > 0 ? `(${urgent}) ${title}` : title;
  }, [current, urgent]);
  return (
    <div className="shell">
      <nav className="rail" aria-label="Views">
        <div className="brand">
          <Icon path={EYE} />
          <span>Vigil</span>
        </div>
        {ROUTES.map((route) => (
          <Anchor
            key={route.name}
            className="place"
            href={route.pages[0].path}
            aria-current={route === current ? "page" : undefined}
            title={route.name}
          >
            <Icon path={route.icon} />
            <span>{route.name}</span>
            <span className="keys" aria-hidden="true">
              g {route.key}
            </span>
          </Anchor>
        ))}
        <div className="foot">
          <Who />
          <button
            type="button"
            className="button icon"
            aria-label={dark ? "Light colours" : "Dark colours"}
            title={dark ? "Light colours" : "Dark colours"}
            onClick={() => {
              chooseTheme(dark ? "light" : "dark");
              setDark(!dark);
            }}
          >
            <Icon path={dark ? SUN : MOON} />
          </button>
          <button
            type="button"
            className="button icon"
            aria-label="Sign out"
            title="Sign out"
            onClick={() => void signOut()}
          >
            <Icon path={DOOR} />
          </button>
        </div>
      </nav>
      <header className="topbar">
        <h1>{current?.name ?? "Vigil"}</h1>
        <button type="button" className="find" onClick={onSearch} aria-keyshortcuts="Control+K /">
          <Icon path={GLASS} />
          <span>Find a twin, go anywhere</span>
          <kbd>Ctrl K</kbd>
        </button>
        <Health />
      </header>
      <Alerts {...alerts} />
      <main className="view" id="view">
        {children}
      </main>
    </div>
  );
}

function Who() {
  const session = currentSession();
  if (session.state !== "in") return null;
  const { name, roles } = session.who;
  return (
    <p className="who" title={roles.join(", ")}>
      {name || roles.join(", ")}
    </p>
  );
}

/** Whether the feed is open, and whether the cluster is well: always in sight. */
function Health() {
  const link = useLink();
  const status = useStatus();
  if (link.state === "connecting") return <Mark tone="busy">connecting</Mark>;
  if (link.state === "broken") {
    return (
      <span role="alert" title={link.why}>
        <Mark tone="bad">not connected: {link.why}</Mark>
      </span>
    );
  }
  if (status === undefined) return <Mark tone="busy">live</Mark>;
  if (status.healthy) return <Mark tone="good">live, all well</Mark>;
  const count = status.problems.length;
  return (
    <Anchor href="/system" title={status.problems.join("\n")}>
      <Mark tone="bad">{count === 1 ? "1 problem" : `${count} problems`}</Mark>
    </Anchor>
  );
}

function leadsTo(route: Route, place: string): boolean {
  const root = route.pages[0].path;
  return place === root || place.startsWith(`${root}/`);
}

const EYE =
  "M2 12c1.6-3 5-7 10-7s8.400 4 10 7c-1.600 3-5 7-10 7s-8.400-4-10-7Zm10-3.200a3.200 3.200 0 1 0 0 6.400 3.200 3.200 0 0 0 0-6.400Z";
const GLASS = "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13Zm4.700 11.200L20 20";
const SUN =
  "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M5 5l1.700 1.700M17.300 17.300 19 19M5 19l1.700-1.700M17.300 6.700 19 5";
const MOON = "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500Z";
const DOOR = "M14 4H6v16h8M10 12h11m-4-4 4 4-4 4";
