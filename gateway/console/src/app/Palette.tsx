import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useLocation } from "wouter";
import { api, asked } from "@/api/client";
import { signOut } from "@/api/session";
import { twinPath } from "@/parts/twins";
import { matching, searchOf } from "./finding";
import { ROUTES } from "./route";
import { chooseTheme } from "./theme";

interface Choice {
  name: string;
  aside: string;
  run: () => void;
}

/** Everything by name: views, commands, twins. Arrows choose, Enter goes, Escape closes. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Find"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      {open && <Search onDone={onClose} />}
    </dialog>
  );
}

function Search({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const [, go] = useLocation();
  const choices = useChoices(text, go);
  const chosen = Math.min(at, choices.length - 1);

  function run(choice: Choice | undefined) {
    if (choice === undefined) return;
    onDone();
    choice.run();
  }
  function press(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(choices.length - 1, chosen + step)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(choices[chosen]);
    }
  }
  useEffect(() => {
    document.getElementById(`${list}-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [list, chosen]);
  return (
    <>
      <input
        // biome-ignore lint/a11y/noAutofocus: the dialog opened to be written into
        autoFocus
        role="combobox"
        aria-label="Find a twin, go anywhere"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={choices.length > 0 ? `${list}-${chosen}` : undefined}
        placeholder="A view, a twin (vehicle/v17), a name …"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      {choices.length === 0 ? (
        <p className="empty">Nothing is called so.</p>
      ) : (
        <ul id={list} role="listbox" aria-label="Found">
          {choices.map((choice, index) => (
            <li
              key={choice.name}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === chosen}
              onMouseMove={() => setAt(index)}
              onClick={() => run(choice)}
            >
              {choice.name}
              <span className="aside">{choice.aside}</span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function useChoices(text: string, go: (path: string) => void): Choice[] {
  const where = searchOf(text);
  const found = useQuery({
    queryKey: ["find", where],
    queryFn: ({ signal }) =>
      asked(
        api.GET("/v1/search", { params: { query: { where: where ?? "", limit: 12 } }, signal }),
      ),
    enabled: where !== null,
    placeholderData: keepPreviousData,
  });
  const commands: Choice[] = [
    ...ROUTES.map((route) => ({
      name: route.name,
      aside: `g ${route.key}`,
      run: () => go(route.pages[0].path),
    })),
    { name: "Light colours", aside: "theme", run: () => chooseTheme("light") },
    { name: "Dark colours", aside: "theme", run: () => chooseTheme("dark") },
    { name: "Colours as the system has them", aside: "theme", run: () => chooseTheme("system") },
    { name: "Sign out", aside: "session", run: () => void signOut() },
  ];
  const twins = where === null ? [] : (found.data?.items ?? []);
  return [
    ...matching(text, commands),
    ...twins.map((twin) => ({
      name: twin.id,
      aside: typeof twin.state.name === "string" ? twin.state.name : "twin",
      run: () => go(twinPath(twin.id)),
    })),
  ];
}
