import { Age } from "@/parts/Age";
import { Mark } from "@/parts/Mark";
import { useTwin } from "./About";
import { type Letter, letterState } from "./queue";

/** What was written to the customer, and whether she has been told it: never sooner than she is. */
export function Letters({ letters, customer }: { letters: Letter[]; customer: string }) {
  const state = useTwin(customer).data?.state ?? {};
  return (
    <ul className="letters" aria-label="Written to her">
      {letters.map((letter) => {
        const { tone, text } = letterState(letter, state);
        return (
          <li key={letter.message_id}>
            <Mark tone={tone}>{text}</Mark>
            <span>{letter.subject}</span>
            <span className="soft">
              by {letter.by}, <Age at={letter.at} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
