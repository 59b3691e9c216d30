import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, asked, type Schemas } from "@/api/client";
import type { ArrangementView } from "@/live/types";
import { after, stateTone, words } from "@/parts/arrangements";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";
import { Panel } from "@/parts/Panel";
import { changeOf, type Form, UNCHANGED } from "./form";
import { OtherRule } from "./OtherRule";
import { answersOf, ruleNote, statedOf } from "./stated";
import { Tracks } from "./Tracks";

type View = Schemas["WhatIfView"];

interface Given {
  one: ArrangementView;
  path: { kind: string; key: string; arrangement_id: string };
}

/** The same incident once more, with something otherwise, beside what happened. */
export function WhatIf({ one, path }: Given) {
  const [form, setForm] = useState<Form>(UNCHANGED);
  const play = useMutation({
    mutationFn: (change: ReturnType<typeof changeOf>) =>
      asked(
        api.POST("/v1/arrangements/{kind}/{key}/{arrangement_id}/what-if", {
          params: { path },
          body: change as Schemas["WhatIf"],
        }),
      ),
  });
  const services = [
    ...new Set(one.steps.filter((step) => step.name.endsWith(".asked")).map((s) => s.twin_id)),
  ].sort();
  function send(event: FormEvent) {
    event.preventDefault();
    play.mutate(changeOf(form));
  }
  const put = (change: Partial<Form>) => setForm({ ...form, ...change });
  return (
    <Panel title="What if" className="whatif" aside={<Mark tone="warn">simulated</Mark>}>
      <form onSubmit={send}>
        <Pick
          label="had nothing free"
          options={services}
          value={form.busy}
          onPick={(busy) => put({ busy })}
        />
        <Pick
          label="comes later"
          options={services}
          value={form.later}
          onPick={(later) => put({ later })}
        />
        <Minutes label="by minutes" value={form.laterMin} onPut={(laterMin) => put({ laterMin })} />
        <Minutes
          label="signal later by minutes"
          value={form.noticedMin}
          onPut={(noticedMin) => put({ noticedMin })}
        />
        <Minutes
          label="customer answers after minutes"
          value={form.answersMin}
          onPut={(answersMin) => put({ answersMin })}
        />
        <label>
          the customer
          <select
            className="input"
            value={form.customer}
            onChange={(event) => put({ customer: event.target.value as Form["customer"] })}
          >
            <option value="same">says what she said</option>
            <option value="accept">accepts</option>
            <option value="decline">declines</option>
            <option value="silent">does not answer</option>
          </select>
        </label>
        <OtherRule one={one} value={form.rule} onPut={(rule) => put({ rule })} />
        <button type="submit" className="button chief" disabled={play.isPending}>
          {play.isPending ? "Playing …" : "Play it"}
        </button>
      </form>
      {play.isError && <Failed error={play.error} />}
      {play.data !== undefined && <Both found={play.data} one={one} />}
    </Panel>
  );
}

interface PickGiven {
  label: string;
  options: readonly string[];
  value: string;
  onPick: (value: string) => void;
}

function Pick({ label, options, value, onPick }: PickGiven) {
  return (
    <label>
      {label}
      <select className="input" value={value} onChange={(event) => onPick(event.target.value)}>
        <option value="">nobody</option>
        {options.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

interface MinutesGiven {
  label: string;
  value: string;
  onPut: (value: string) => void;
}

function Minutes({ label, value, onPut }: MinutesGiven) {
  return (
    <label>
      {label}
      <input
        className="input"
        type="number"
        step="any"
        value={value}
        onChange={(event) => onPut(event.target.value)}
      />
    </label>
  );
}

function Both({ found, one }: { found: View; one: ArrangementView }) {
  const began = found.real.began_at ?? found.simulated_run.began_at ?? 0;
  const inputs = statedOf(found.change);
  const answers = [...new Set(answersOf(found.steps))];
  const notes = [
    ...(found.rule ? [ruleNote(found.rule)] : []),
    ...(found.assumed ?? []).map((text) => `assumed: ${text}`),
    ...(found.unanswered ?? []).map((text) => `nobody can say: ${text}`),
    ...(found.caveat === null ? [] : [found.caveat]),
    ...(found.simulated_run.stopped === null ? [] : [found.simulated_run.stopped]),
  ];
  return (
    <div className="both" aria-live="polite">
      <p>
        Stated for this run: {inputs.length === 0 ? "nothing" : inputs.join("; ")}. All else as it
        was: what companies answered, and what the customer said.
      </p>
      <details>
        <summary>{answers.length} answers, as they were</summary>
        <ul>
          {answers.map((answer) => (
            <li key={answer}>{answer}</li>
          ))}
        </ul>
      </details>
      <Tracks found={found} one={one} />
      <table>
        <thead>
          <tr>
            <th scope="col">step</th>
            <th scope="col">twin</th>
            <th scope="col" className="right">
              as it was
            </th>
            <th scope="col" className="right">
              simulated
            </th>
          </tr>
        </thead>
        <tbody>
          {found.steps.map((step, index) => {
            const alone = step.real_at === null || step.simulated_at === null;
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a table that never changes
              <tr key={index} className={alone ? "alone" : undefined}>
                <td>{words(step.name)}</td>
                <td>{step.twin_id}</td>
                <td className="right">{after(step.real_at, began)}</td>
                <td className="right">{after(step.simulated_at, began)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p>
        It was <State state={found.real.state} />, and would have been{" "}
        <State state={found.simulated_run.state} />.
      </p>
      {notes.map((note) => (
        <p key={note} className="soft">
          {note}
        </p>
      ))}
    </div>
  );
}

function State({ state }: { state: string | null }) {
  return <Mark tone={stateTone(state)}>{words(state ?? "nothing arranged")}</Mark>;
}
