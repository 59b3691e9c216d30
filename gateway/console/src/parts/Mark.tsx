import type { ReactNode } from "react";

export type Tone = "good" | "warn" | "bad" | "busy" | "plain";

/** A state in a word, with a colour that says the same. */
export function Mark({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`mark ${tone}`}>{children}</span>;
}
