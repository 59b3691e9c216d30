import type { ArrangementView } from "@/live/types";
import { after, words } from "./arrangements";
import { TwinLink } from "./TwinLink";

interface Given {
  steps: ArrangementView["steps"];
  /** When the arrangement began. */
  began: number;
  label?: string;
}

/** What happened, in order, with the twin that it happened to. */
export function Steps({ steps, began, label }: Given) {
  return (
    <ol className="stepping" aria-label={label}>
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
        <li key={index}>
          <span className="when">{after(step.at, began)}</span>
          <span className="name">{words(step.name)}</span>
          <TwinLink id={step.twin_id} />
          <span className="soft">{step.detail ?? ""}</span>
        </li>
      ))}
    </ol>
  );
}
