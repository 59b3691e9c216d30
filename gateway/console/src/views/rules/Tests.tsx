import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, asked } from "@/api/client";
import { Failed } from "@/parts/Failures";
import { Mark } from "@/parts/Mark";

const EXAMPLE = (kind: string) => `test: it fires
kind: ${kind}
events:
  - {data: {battery_v: 10.5}}
expect:
  - {signal: ${kind}.new}
`;

/** Tests of the rule as it stands here: events in, signals out, and no others. */
export function Tests({ kind, rule }: { kind: string; rule: string }) {
  const [text, setText] = useState(EXAMPLE(kind));
  const run = useMutation({
    mutationFn: () =>
      asked(
        api.POST("/v1/rules/test", {
          body: { tests: [{ text, name: "tests", kind }], rules: [{ text: rule, name: "", kind }] },
        }),
      ),
  });
  return (
    <details className="tests">
      <summary>Tests</summary>
      <textarea
        className="input"
        aria-label="Tests of the rule"
        spellCheck={false}
        rows={Math.min(20, text.split("\n").length + 1)}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button
        type="button"
        className="button"
        disabled={run.isPending}
        onClick={() => run.mutate()}
      >
        Run the tests
      </button>
      {run.isError && <Failed error={run.error} />}
      <div aria-live="polite">
        {run.data?.results.map((result) => (
          <div key={result.test}>
            <Mark tone={result.passed ? "good" : "bad"}>{result.passed ? "passed" : "failed"}</Mark>{" "}
            {result.test}
            {!result.passed && <pre>{result.lines.join("\n")}</pre>}
          </div>
        ))}
      </div>
    </details>
  );
}
