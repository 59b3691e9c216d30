import { useEffect } from "react";
import { useLocation } from "wouter";
import { ROUTES } from "./route";

const PAUSE_MS = 1200;

/** Whether a key belongs to what is being written. */
export function isWriting(event: KeyboardEvent): boolean {
  const place = event.target;
  return (
    place instanceof HTMLElement &&
    (place.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(place.tagName))
  );
}

/** Keys that hold everywhere: Ctrl-K or / search; g and a letter lead to a view. */
export function useJumps(onSearch: () => void): void {
  const [, go] = useLocation();
  useEffect(() => {
    let jumping = 0;
    function press(event: KeyboardEvent) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onSearch();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      if (event.key === "/") {
        event.preventDefault();
        onSearch();
      } else if (event.key === "g") {
        jumping = event.timeStamp;
      } else if (event.timeStamp - jumping < PAUSE_MS) {
        jumping = 0;
        const route = ROUTES.find((one) => one.key === event.key);
        if (route !== undefined) go(route.pages[0].path);
      }
    }
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [go, onSearch]);
}
