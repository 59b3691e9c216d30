// Waiting: an arrangement's deadlines in words, and which of its steps are messages.

import type { ArrangementView } from "@/live/types";
import { words } from "@/parts/arrangements";

export interface Wait {
  name: string;
  text: string;
  at: number;
}

const SAID: Record<string, (what: string) => string> = {
  gather: () => "what is known of her",
  arrange: () => "all of it to be held",
  offer: () => "her answer",
  propose: () => "a person's word",
  spending: () => "leave to spend",
  ask: (what) => `offers for ${what}`,
  ahead: (what) => `${what}, before all else`,
  hold: (what) => `${what} to be held`,
  confirm: (what) => `${what} to be confirmed`,
  again: (what) => `${what} to be asked for again`,
  return: () => "a hold to be given back",
};

/** What is waited for, what ends first at the top. */
export function waitsOf(deadlines: ArrangementView["deadlines"]): Wait[] {
  return Object.entries(deadlines)
    .map(([name, at]) => {
      const [what = "", rest = ""] = name.split(":", 2);
      return { name, text: SAID[what]?.(words(rest)) ?? words(name), at };
    })
    .sort((one, other) => one.at - other.at);
}

const MESSAGES = /^(offer|reply|news|warn_driver|message|letter|claim)\.|\.(told|sent)$/;

/** What was said to people, and by them. */
export const messagesOf = (steps: ArrangementView["steps"]): ArrangementView["steps"] =>
  steps.filter((step) => MESSAGES.test(step.name));
