import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useId, useRef, useState } from "react";
import { api, asked } from "@/api/client";
import { may } from "@/api/session";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { Backtest } from "./Backtest";
import { type Draft, type Mark as Found, marksOf } from "./documents";
import { Tests } from "./Tests";
import { tableOf } from "./table";

const TableEditor = lazy(() => import("./TableEditor"));

const PAUSE_MS = 350;

interface Given {
  kind: string;
  /** Null: a new one. */
  name: string | null;
  text: string;
  base: number;
  drafts: readonly Draft[];
  onSaved: () => Promise<void>;
  onClose: () => void;
}

/** One rule, checked as one types, together with the published ones; tried before it is saved. */
export function Editor({ kind, name, text: given, base, drafts, onSaved, onClose }: Given) {
  const [text, setText] = useState(given);
  const [into, setInto] = useState("");
  const [note, setNote] = useState("");
  const settled = useSettled(text, PAUSE_MS);
  const author = may("author");
  const file = { text: settled, name: name ?? "", kind };
  const checked = useQuery({
    queryKey: ["rules", "check", kind, settled],
    queryFn: ({ signal }) =>
      asked(api.POST("/v1/rules/check", { body: { files: [file] }, signal })),
    enabled: author,
    placeholderData: keepPreviousData,
  });
  const marks = marksOf(checked.data);
  const table = tableOf(text);
  const save = useMutation({
    mutationFn: () =>
      asked(
        api.POST("/v1/rules/{kind}/drafts", {
          params: { path: { kind } },
          body: {
            by: "console",
            note,
            base: into === "" ? base : null,
            put: [{ text, document: null }],
            remove: [],
            draft: into === "" ? null : into,
          },
        }),
      ),
    onSuccess: onSaved,
  });
  const wrong = marks.some((one) => one.tone === "bad");
  return (
    <Panel
      title={name ?? "A new rule"}
      className="edit"
      aside={
        <Verdict busy={settled !== text || checked.isFetching} marks={marks} author={author} />
      }
    >
      {table !== null && (
        <Suspense fallback={<p className="empty">Loading the table's editor …</p>}>
          <TableEditor table={table} onChange={setText} disabled={!author} />
        </Suspense>
      )}
      <Lines text={text} marks={marks} onChange={setText} disabled={!author} />
      {checked.isError && <Failed error={checked.error} />}
      {author && (
        <>
          <div className="save">
            <label>
              Why
              <input
                className="input"
                maxLength={2000}
                value={note}
                onChange={(event) => setNote(event.target.value)}
              />
            </label>
            <label>
              Into
              <select
                className="input"
                value={into}
                onChange={(event) => setInto(event.target.value)}
              >
                <option value="">a new draft</option>
                {drafts.map((draft) => (
                  <option key={draft.id} value={draft.id}>
                    {`draft ${draft.id}, by ${draft.by}`}
                  </option>
                ))}
              </select>
            </label>
            <button
              type="button"
              className="button chief"
              disabled={save.isPending || text === given || wrong}
              onClick={() => save.mutate()}
            >
              Save as a draft
            </button>
            <button type="button" className="button" onClick={onClose}>
              Close
            </button>
          </div>
          {save.isError && <Failed error={save.error} />}
          <Tests kind={kind} rule={text} />
          <Backtest kind={kind} rule={text} disabled={wrong} />
        </>
      )}
    </Panel>
  );
}

function Verdict({ busy, marks, author }: { busy: boolean; marks: Found[]; author: boolean }) {
  if (!author) return <Mark>to read only</Mark>;
  if (busy) return <Mark tone="busy">checking</Mark>;
  const wrong = marks.filter((one) => one.tone === "bad").length;
  if (wrong > 0) return <Mark tone="bad">{wrong === 1 ? "1 mistake" : `${wrong} mistakes`}</Mark>;
  if (marks.length > 0) return <Mark tone="warn">looks odd</Mark>;
  return <Mark tone="good">can be published</Mark>;
}

interface LinesGiven {
  text: string;
  marks: readonly Found[];
  onChange: (text: string) => void;
  disabled: boolean;
}

/** The text with the numbers of its lines; what is wrong is told beneath, and leads to its line. */
function Lines({ text, marks, onChange, disabled }: LinesGiven) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLOListElement>(null);
  const lines = text.split("\n");
  const worst = new Map<number, Found["tone"]>();
  for (const one of marks) if (worst.get(one.line) !== "bad") worst.set(one.line, one.tone);
  function lead(line: number) {
    const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(before, before + (lines[line - 1]?.length ?? 0));
  }
  return (
    <>
      <div className="editor">
        <ol ref={gutter} aria-hidden="true">
          {lines.map((_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            <li key={index} className={worst.get(index + 1) ?? ""}>
              {index + 1}
            </li>
          ))}
        </ol>
        <textarea
          ref={area}
          aria-label="The rule"
          aria-invalid={marks.some((one) => one.tone === "bad")}
          aria-describedby={id}
          spellCheck={false}
          wrap="off"
          rows={Math.min(26, Math.max(8, lines.length))}
          readOnly={disabled}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => {
            if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
        />
      </div>
      <ul id={id} className="marks" aria-live="polite">
        {marks.map((one) => (
          <li key={`${one.line} ${one.message}`} className={one.tone}>
            <button type="button" className="link" onClick={() => lead(one.line)}>
              line {one.line}
            </button>{" "}
            {one.message}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A value once it has not changed for a while. */
function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
