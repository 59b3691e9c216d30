import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import { may } from "@/api/session";
import type { TwinState } from "@/live/types";
import { Age } from "@/parts/Age";
import { Failed } from "@/parts/Failures";
import { Mark, type Tone } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { split } from "@/parts/twins";

type Command = Schemas["CommandView"];

const TONES: Record<Command["state"], Tone> = {
  queued: "plain",
  sent: "busy",
  delivered: "busy",
  done: "good",
  failed: "bad",
  expired: "warn",
  cancelled: "plain",
};

/** What its device was told to do, truthfully; and a new command. */
export function Commands({ twin }: { twin: TwinState }) {
  const queries = useQueryClient();
  const path = split(twin.id) ?? { kind: twin.kind, key: "" };
  const key = ["commands", twin.id];
  const commands = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/twins/{kind}/{key}/commands", { params: { path }, signal })),
  });
  // The twin's state comes with the feed; the list says the same, with words.
  const stirred = JSON.stringify(twin.state.commands ?? null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew when they changed
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: key });
  }, [stirred]);
  if (commands.data !== undefined && commands.data.takes.length === 0) return null;
  return (
    <Panel title="Commands">
      {commands.isError && <Failed error={commands.error} />}
      {commands.data !== undefined && (
        <>
          {may("operate") && (
            <Give
              takes={commands.data.takes}
              path={path}
              onGiven={() => void queries.invalidateQueries({ queryKey: key })}
            />
          )}
          <ul className="commands" aria-live="polite">
            {commands.data.items.map((command) => (
              <Row key={command.id} command={command} />
            ))}
          </ul>
          {commands.data.items.length === 0 && <p className="soft">None was given yet.</p>}
        </>
      )}
    </Panel>
  );
}

function Row({ command }: { command: Command }) {
  const { state, times, sends } = command;
  const at = times?.[state];
  const notes = [
    command.waiting ? "the device refused it; it waits" : "",
    (sends ?? 0) > 1 ? `sent ${sends} times` : "",
    command.detail ?? "",
  ].filter(Boolean);
  return (
    <li>
      <span className="name">{command.name.replaceAll("_", " ")}</span>
      <Mark tone={TONES[state]}>{state}</Mark>
      <span className="soft">{at !== undefined && <Age at={at} />}</span>
      {notes.length > 0 && <p className="soft">{notes.join("; ")}</p>}
    </li>
  );
}

interface GiveGiven {
  takes: readonly string[];
  path: { kind: string; key: string };
  onGiven: () => void;
}

function Give({ takes, path, onGiven }: GiveGiven) {
  const [name, setName] = useState(takes[0] ?? "");
  const [data, setData] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const give = useMutation({
    // One id for one wish: what is sent again after a broken connection counts once.
    mutationFn: (body: { name: string; data: Record<string, unknown>; id: string }) =>
      asked(api.POST("/v1/twins/{kind}/{key}/commands", { params: { path }, body })),
    onSuccess: onGiven,
  });
  function send(event: FormEvent) {
    event.preventDefault();
    const read = readData(data);
    setWrong(read === null ? "The data is no JSON object." : null);
    if (read !== null) give.mutate({ name, data: read, id: crypto.randomUUID() });
  }
  return (
    <form className="give" onSubmit={send}>
      <select
        className="input"
        aria-label="Command"
        value={name}
        onChange={(event) => setName(event.target.value)}
      >
        {takes.map((each) => (
          <option key={each} value={each}>
            {each.replaceAll("_", " ")}
          </option>
        ))}
      </select>
      <input
        className="input"
        aria-label="Data, a JSON object"
        placeholder="data: {}"
        spellCheck={false}
        value={data}
        onChange={(event) => setData(event.target.value)}
      />
      <button type="submit" className="button chief" disabled={give.isPending}>
        Send
      </button>
      {wrong !== null && (
        <p className="refused" role="alert">
          {wrong}
        </p>
      )}
      {give.isError && <Failed error={give.error} />}
    </form>
  );
}

/** The object that was written; an empty one where nothing was; null where it is none. */
export function readData(text: string): Record<string, unknown> | null {
  if (text.trim() === "") return {};
  try {
    const read: unknown = JSON.parse(text);
    const isObject = typeof read === "object" && read !== null && !Array.isArray(read);
    return isObject ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
