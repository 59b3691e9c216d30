import { useQuery } from "@tanstack/react-query";
import { api, asked } from "@/api/client";
import type { ArrangementView } from "@/live/types";
import { Failed } from "@/parts/Failures";
import { type Rule, textOf } from "@/parts/rules";
import { split } from "@/parts/twins";

interface Given {
  one: ArrangementView;
  /** Null: the rules as they are. */
  value: string | null;
  onPut: (text: string | null) => void;
}

/** The rules that raise this signal; one of them can be written otherwise, for this run alone. */
export function OtherRule({ one, value, onPut }: Given) {
  const kind = split(one.twin_id)?.kind ?? "";
  const book = useQuery({
    queryKey: ["rules", kind],
    queryFn: ({ signal }) =>
      asked(api.GET("/v1/rules/{kind}", { params: { path: { kind } }, signal })),
  });
  const rules = (book.data?.rules ?? []).filter((rule) => raises(rule, one.signal));
  return (
    <div className="other-rule">
      <label>
        another rule
        <select
          className="input"
          value={value === null ? "" : "other"}
          disabled={rules.length === 0}
          onChange={({ target }) => {
            const rule = rules.find(({ name }) => name === target.value);
            onPut(rule === undefined ? null : textOf(rule));
          }}
        >
          <option value="">none</option>
          {value !== null && <option value="other">as written below</option>}
          {rules.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {book.isError && <Failed error={book.error} />}
      {value !== null && (
        <textarea
          className="input"
          aria-label="The other rule"
          spellCheck={false}
          rows={Math.min(18, value.split("\n").length + 1)}
          value={value}
          onChange={(event) => onPut(event.target.value)}
        />
      )}
    </div>
  );
}

export function raises(rule: Rule, signal: string): boolean {
  const then = rule.document.then;
  return (
    Array.isArray(then) &&
    then.some((one) => typeof one === "object" && one !== null && one.signal === signal)
  );
}
