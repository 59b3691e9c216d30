import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { currentSession, onSessionChange } from "@/api/session";
import { LiveProvider } from "@/live/LiveProvider";
import { Failures } from "@/parts/Failures";
import { Palette } from "./Palette";
import { queries } from "./queries";
import { ROUTES } from "./route";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";
import { useJumps } from "./useJumps";

export function App() {
  const session = useSyncExternalStore(onSessionChange, currentSession);
  const signedIn = session.state === "in";
  // What one reader saw is nothing for the next.
  useEffect(() => {
    if (!signedIn) queries.clear();
  }, [signedIn]);
  return (
    <QueryClientProvider client={queries}>
      <Router base="/console">
        {session.state === "in" && (
          <LiveProvider>
            <Console />
          </LiveProvider>
        )}
        {session.state === "out" && <SignIn why={session.why} />}
      </Router>
    </QueryClientProvider>
  );
}

function Console() {
  const [searching, setSearching] = useState(false);
  useJumps(() => setSearching(true));
  const first = ROUTES[0]?.pages[0].path ?? "/";
  return (
    <Shell onSearch={() => setSearching(true)}>
      <Failures>
        <Suspense fallback={<p className="empty">Loading…</p>}>
          <Switch>
            {ROUTES.flatMap((route) =>
              route.pages.map(({ path, page }) => (
                <Route key={path} path={path} component={page} />
              )),
            )}
            <Route path="/">
              <Redirect to={first} replace />
            </Route>
            <Route>
              <p className="empty">There is no such page. The navigation leads to what there is.</p>
            </Route>
          </Switch>
        </Suspense>
      </Failures>
      <Palette open={searching} onClose={() => setSearching(false)} />
    </Shell>
  );
}
