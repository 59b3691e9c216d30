import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { api, asked } from "@/api/client";
import { Failed } from "@/parts/Failures";
import { handOver, note, take, write } from "./doing";
import type { Detail } from "./queue";

type Doing = "write" | "hand" | "note";

/** Take it, write to the customer, hand it over, add a note. */
export function Actions({ one }: { one: Detail }) {
  const { id, state, customer_id, employee } = one.case;
  const [doing, setDoing] = useState<Doing | null>(null);
  const queries = useQueryClient();
  const again = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["case", id] }),
      queries.invalidateQueries({ queryKey: ["cases"] }),
    ]);
  const taking = useMutation({ mutationFn: () => take(id), onSuccess: again });
  const open = (what: Doing) => () => setDoing(doing === what ? null : what);
  const done = async () => {
    setDoing(null);
    await again();
  };
  return (
    <div className="actions">
      <div className="buttons">
        {state !== "taken" && (
          <button
            type="button"
            className="button chief"
            disabled={taking.isPending || employee === null}
            title={employee === null ? "Nobody has it yet" : `As ${employee}`}
            onClick={() => taking.mutate()}
          >
            Take it
          </button>
        )}
        <Opens what="write" doing={doing} open={open} disabled={customer_id === null}>
          Write to the customer
        </Opens>
        <Opens what="hand" doing={doing} open={open}>
          Hand over
        </Opens>
        <Opens what="note" doing={doing} open={open}>
          Add a note
        </Opens>
      </div>
      {taking.isError && <Failed error={taking.error} />}
      {doing === "write" && <Write id={id} onDone={done} />}
      {doing === "hand" && <Hand one={one} onDone={done} />}
      {doing === "note" && <Note id={id} onDone={done} />}
    </div>
  );
}

interface OpensGiven {
  what: Doing;
  doing: Doing | null;
  open: (what: Doing) => () => void;
  disabled?: boolean;
  children: ReactNode;
}

function Opens({ what, doing, open, disabled = false, children }: OpensGiven) {
  return (
    <button
      type="button"
      className="button"
      aria-expanded={doing === what}
      disabled={disabled}
      onClick={open(what)}
    >
      {children}
    </button>
  );
}

interface FormGiven {
  verb: string;
  act: () => Promise<unknown>;
  onDone: () => Promise<void>;
  ready: boolean;
  children: ReactNode;
}

/** A form that does one thing; what is refused is shown, and what was written stays. */
function Form({ verb, act, onDone, ready, children }: FormGiven) {
  const doing = useMutation({ mutationFn: act, onSuccess: onDone });
  function send(event: FormEvent) {
    event.preventDefault();
    doing.mutate();
  }
  return (
    <form className="doing" onSubmit={send}>
      {children}
      {doing.isError && <Failed error={doing.error} />}
      <button type="submit" className="button chief" disabled={!ready || doing.isPending}>
        {verb}
      </button>
    </form>
  );
}

interface LineGiven {
  label: string;
  value: string;
  put: (value: string) => void;
  /** Letters, at most. */
  most: number;
  /** More than one: a text. */
  rows?: number;
}

function Line({ label, value, put, most, rows = 1 }: LineGiven) {
  const id = useId();
  const given = {
    id,
    className: "input",
    maxLength: most,
    value,
    onChange: (event: { target: { value: string } }) => put(event.target.value),
  };
  return (
    <label htmlFor={id}>
      {label}
      {rows > 1 ? <textarea rows={rows} {...given} /> : <input {...given} />}
    </label>
  );
}

function Write({ id, onDone }: { id: string; onDone: () => Promise<void> }) {
  const [subject, setSubject] = useState("");
  const [text, setText] = useState("");
  const [urgent, setUrgent] = useState(false);
  return (
    <Form
      verb="Send"
      act={() => write(id, subject.trim(), text.trim(), urgent)}
      onDone={onDone}
      ready={subject.trim() !== "" && text.trim() !== ""}
    >
      <Line label="Subject" most={200} value={subject} put={setSubject} />
      <Line label="Text" most={4000} rows={4} value={text} put={setText} />
      <label className="tick">
        <input
          type="checkbox"
          checked={urgent}
          onChange={(event) => setUrgent(event.target.checked)}
        />
        in her quiet hours, too
      </label>
    </Form>
  );
}

function Hand({ one, onDone }: { one: Detail; onDone: () => Promise<void> }) {
  const [to, setTo] = useState("");
  const [text, setText] = useState("");
  const desks = useQuery({
    queryKey: ["desks"],
    queryFn: ({ signal }) =>
      asked(
        api.GET("/v1/search", { params: { query: { where: "kind = desk", limit: 100 } }, signal }),
      ),
  });
  const others = desks.data?.items.filter((each) => each.id !== one.case.desk) ?? [];
  return (
    <Form
      verb="Hand over"
      act={() => handOver(one.case.id, to, text.trim())}
      onDone={onDone}
      ready={true}
    >
      <label>
        To
        <select className="input" value={to} onChange={(event) => setTo(event.target.value)}>
          <option value="">whoever comes next</option>
          {one.colleagues.map((each) => (
            <option key={each.id} value={each.id}>
              {[
                each.name || each.id.replace("employee/", ""),
                each.lead ? "lead" : "",
                each.on_shift ? "" : "not on shift",
                each.skills.includes(one.case.skill) ? "" : `lacks ${one.case.skill}`,
                `has ${each.cases}`,
              ]
                .filter(Boolean)
                .join(", ")}
            </option>
          ))}
          {others.length > 0 && (
            <optgroup label="another desk">
              {others.map((each) => (
                <option key={each.id} value={each.id}>
                  {typeof each.state.name === "string" && each.state.name !== ""
                    ? each.state.name
                    : each.id.replace("desk/", "")}
                </option>
              ))}
            </optgroup>
          )}
        </select>
      </label>
      <Line label="What she should know" most={1500} value={text} put={setText} />
    </Form>
  );
}

function Note({ id, onDone }: { id: string; onDone: () => Promise<void> }) {
  const [text, setText] = useState("");
  return (
    <Form verb="Add" act={() => note(id, text.trim())} onDone={onDone} ready={text.trim() !== ""}>
      <Line label="Note" most={1500} value={text} put={setText} />
    </Form>
  );
}
